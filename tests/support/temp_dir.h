// TempDir: a fresh folder that is gone when the test ends. `in_memory` asks for one that costs no
// disk writes, where there is such a file system.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace fieldweir {

class TempDir {
 public:
  enum Place { on_disk, in_memory };
  explicit TempDir(Place place = on_disk) {
    const std::filesystem::path memory = "/dev/shm";
    const bool shm = place == in_memory && std::filesystem::is_directory(memory);
    std::string name =
        ((shm ? memory : std::filesystem::temp_directory_path()) / "fieldweir-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace fieldweir
