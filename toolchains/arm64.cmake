# arm64: Raspberry Pi 3, 4, 5 and Zero 2 W with a 64-bit system.
set(TARGET_TRIPLE aarch64-linux-gnu)
set(TARGET_PROCESSOR aarch64)
set(TARGET_QEMU aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/debian-cross.cmake")
