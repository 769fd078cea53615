#pragma once

// For tests: databases of both engines that nobody has used, by the name of the engine.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/test_script.hpp"
#include "sql/connection.hpp"
#include "sql/database.hpp"

namespace cellmon::sql {

/// The PostgreSQL of a test program.
class TestPostgres {
  public:
    static TestPostgres& get() {
        static TestPostgres one;
        return one;
    }
    TestPostgres(const TestPostgres&) = delete;
    TestPostgres& operator=(const TestPostgres&) = delete;

    /// The URL of a new database.
    std::string new_database() {
        const std::string name = "test_" + std::to_string(++databases_);
        auto connection = connect_postgres(url_, std::chrono::seconds(20));
        EXPECT_TRUE(connection) << connection.error().message;
        const auto made = (*connection)->script("CREATE DATABASE " + name);
        EXPECT_TRUE(made) << made.error().message;
        return url_.substr(0, url_.rfind('/') + 1) + name;
    }

  private:
    TestPostgres() : script_(CELLMON_SOURCE_ROOT, "support.postgres"), url_(script_.line()) {}

    TestScript script_;
    std::string url_;
    int databases_ = 0;
};

/// A database of an engine, gone with the test. Sanitizers see enough on one engine: what is under
/// test is the same code, and their PostgreSQL would be the plain one.
class TestDatabase {
  public:
    explicit TestDatabase(Engine engine) : engine_(engine) {
        std::string path = (std::filesystem::temp_directory_path() / "sql.XXXXXX").string();
        folder_ = ::mkdtemp(path.data());
        options_.sqlite_path = folder_ + "/classroom.db";
        if (engine == Engine::postgres) options_.postgres_url = TestPostgres::get().new_database();
        options_.timeout = std::chrono::seconds(20);
    }
    ~TestDatabase() { std::filesystem::remove_all(folder_); }
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    [[nodiscard]] DatabaseOptions& options() { return options_; }

    /// A connection beside all others.
    [[nodiscard]] std::unique_ptr<Connection> connect() const {
        auto connection = engine_ == Engine::sqlite
                              ? open_sqlite(options_.sqlite_path, options_.timeout)
                              : connect_postgres(options_.postgres_url, options_.timeout);
        EXPECT_TRUE(connection) << connection.error().message;
        return std::move(*connection);
    }

  private:
    Engine engine_;
    std::string folder_;
    DatabaseOptions options_;
};

#ifdef CELLMON_SANITIZED
inline const auto kTestedEngines = ::testing::Values(Engine::sqlite);
#else
inline const auto kTestedEngines = ::testing::Values(Engine::sqlite, Engine::postgres);
#endif

inline std::string engine_name(const ::testing::TestParamInfo<Engine>& info) {
    return info.param == Engine::sqlite ? "Sqlite" : "Postgres";
}

}  // namespace cellmon::sql
