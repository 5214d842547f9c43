# What the Debian package holds and says of itself; made by package.sh, natively and crossed alike.
include(GNUInstallDirs)

install(TARGETS fieldweir DESTINATION bin)
install(FILES systemd/fieldweir.service DESTINATION lib/systemd/system)
install(FILES systemd/fieldweir.sysusers DESTINATION lib/sysusers.d RENAME fieldweir.conf)
install(DIRECTORY drivers/templates DESTINATION share/fieldweir)
install(FILES toolchains/debian/completion DESTINATION share/bash-completion/completions RENAME fieldweir)
install(FILES README.md toolchains/debian/copyright DESTINATION share/doc/fieldweir)
install(DIRECTORY docs/examples DESTINATION share/doc/fieldweir)
install(FILES systemd/allow-list.conf systemd/no-serial.conf systemd/kernel-clock.conf DESTINATION share/doc/fieldweir/examples/systemd)
# made by documents.sh and sbom.py, laid out like /usr
install(DIRECTORY ${PROJECT_BINARY_DIR}/package/ DESTINATION . OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fieldweir)
file(STRINGS toolchains/debian/maintainer CPACK_PACKAGE_CONTACT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # the tests are no part of it
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE $ENV{FIELDWEIR_DEBIAN_RELEASE})
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE $ENV{DEB_HOST_ARCH})
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-sysusers")
# what is loaded when used: a gateway that only has MQTT can do without libcurl, few have Kafka
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "$ENV{FIELDWEIR_LIBCURL}, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "fieldweir-kafka, fieldweir-kinesis")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Fieldweir reads Modbus and MQTT devices into a pipeline of fixed memory that
filters and aggregates at the edge, stores and forwards through SQLite while
a destination is away, and delivers to MQTT brokers and HTTPS endpoints. One
look at its status says where every reading went.")
foreach(script preinst postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/toolchains/debian/${script})
endforeach()
include(CPack)
