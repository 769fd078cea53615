#include "sql/sqlite_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace cellmon::sql {

void make_private_sqlite_file(const std::string& path) {
    // Only a new file: to open and close one that SQLite has locked would drop the locks of this
    // process.
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
}

}  // namespace cellmon::sql
