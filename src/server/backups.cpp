#include "server/backups.hpp"

#include <utility>

namespace cellmon::server {

Result<std::unique_ptr<backup::Schedule>> make_backups(
    const config::Config& config, const journal::Journal& journal,
    const backup::Schedule::Dependencies& dependencies) {
    if (config.backup.directory.empty()) return nullptr;
    backup::BackupOptions what;
    what.data = config.data_directory;
    what.classroom.sqlite_path = config.data_directory + "/classroom.db";
    what.classroom.postgres_url = config.classroom.postgres_url;
    what.classroom.timeout = config.postgres_timeout;
    what.visible = journal.visible_through();
    return backup::Schedule::start(std::move(what), config.backup, dependencies);
}

}  // namespace cellmon::server
