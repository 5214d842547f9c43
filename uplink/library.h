// Library: a shared library that is loaded when the first uplink asks for it and never unloaded, so
// that a gateway that does not use it does not carry it. While starting; throws std::runtime_error
// that names what is missing. See docs/decisions/libcurl-is-loaded-when-used.md.
#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace fieldweir {

class Library {
 public:
  /// `who` completes the sentence "... needs libcurl.so.4", `package` tells a Debian user what to
  /// install.
  Library(const char* name, const char* who, const char* package)
      : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr)
      throw std::runtime_error(std::string(who) + " needs " + name + " (Debian package " + package +
                               "): " + dlerror());
  }

  template <class Function>
  void find(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (function == nullptr) throw std::runtime_error(std::string(name_) + " has no " + name);
  }

 private:
  const char* const name_;
  void* const handle_;
};

}  // namespace fieldweir
