# What every cross file shares: Debian's cross compiler against an unpacked sysroot, tests under qemu-user.
# The including file sets TARGET_TRIPLE, TARGET_PROCESSOR and TARGET_QEMU.

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SYSROOT_DIR)  # else the compiler checks lose it
if(NOT SYSROOT_DIR)
  set(SYSROOT_DIR "$ENV{SYSROOT_DIR}")
endif()
get_filename_component(SYSROOT_DIR "${SYSROOT_DIR}" ABSOLUTE)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${TARGET_PROCESSOR})
set(CMAKE_C_COMPILER ${TARGET_TRIPLE}-gcc)
set(CMAKE_CXX_COMPILER ${TARGET_TRIPLE}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${TARGET_TRIPLE})
set(CMAKE_SYSROOT "${SYSROOT_DIR}")
set(CMAKE_FIND_ROOT_PATH "${SYSROOT_DIR}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config runs while CMake configures, which is as long as these live
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${SYSROOT_DIR}")
set(ENV{PKG_CONFIG_LIBDIR}
    "${SYSROOT_DIR}/usr/lib/${TARGET_TRIPLE}/pkgconfig:${SYSROOT_DIR}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_PATH} "")

find_program(QEMU NAMES qemu-${TARGET_QEMU}-static qemu-${TARGET_QEMU})
if(QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${QEMU};-L;${SYSROOT_DIR}")
endif()
