# armhf (ARMv7): Raspberry Pi 2 and later with a 32-bit system; not Pi 1, Zero, Zero W, which are ARMv6.
set(TARGET_TRIPLE arm-linux-gnueabihf)
set(TARGET_PROCESSOR armv7l)
set(TARGET_QEMU arm)
include("${CMAKE_CURRENT_LIST_DIR}/debian-cross.cmake")
