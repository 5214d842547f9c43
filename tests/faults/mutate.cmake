# mutate.cmake: writes TARGET, which is SOURCE with OLD replaced by NEW; fails where SOURCE has no OLD any more.
file(READ "${SOURCE}" text)
string(FIND "${text}" "${OLD}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${SOURCE} has no longer `${OLD}`: say anew what this mutant leaves out")
endif()
string(REPLACE "${OLD}" "${NEW}" text "${text}")
file(WRITE "${TARGET}" "${text}")
