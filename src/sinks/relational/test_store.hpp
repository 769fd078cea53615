#pragma once

// Shared by the tests of this module: stores that go away with the test.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "io/file_system.hpp"
#include "sinks/postgres/store.hpp"
#include "sinks/relational/digest.hpp"
#include "sinks/relational/relational_sink.hpp"
#include "sinks/relational/test_entries.hpp"
#include "sinks/sqlite/store.hpp"
#include "sql/test_database.hpp"

namespace cellmon::relational {

/// A test with stores of its own, by name.
class StoreTest : public ::testing::Test {
  protected:
    static constexpr std::string_view kName = "relational.db";

    StoreTest() : StoreTest(sql::Engine::sqlite) {}
    explicit StoreTest(sql::Engine engine) : engine_(engine) {
        folder_ = std::filesystem::path(::testing::TempDir()) /
                  fmt::format("cellmon-relational-{:016x}", SystemRandom().u64());
        std::filesystem::create_directories(folder_);
    }
    ~StoreTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path(std::string_view name = kName) const {
        return (folder_ / name).string();
    }
    [[nodiscard]] std::unique_ptr<Store> store(
        std::string_view name = kName, const sqlite::ConnectionOptions& connection = {}) const {
        if (engine_ == sql::Engine::sqlite) {
            return sqlite::make_store(*files_, path(name), connection);
        }
        postgres::ConnectionOptions options = postgres_options(name);
        options.read_only = connection.read_only;
        return postgres::make_store(std::move(options));
    }

    /// A schema for each name, in one database of the test's own.
    [[nodiscard]] postgres::ConnectionOptions postgres_options(
        std::string_view name = kName) const {
        if (url_.empty()) url_ = sql::TestPostgres::get().new_database();
        postgres::ConnectionOptions options;
        options.url = url_;
        options.schema = name;
        std::replace_if(
            options.schema.begin(), options.schema.end(),
            [](char one) { return one == '.' || one == '-'; }, '_');
        return options;
    }

    /// Applies all entries behind the sink's cursor in batches of `batch_entries`.
    static void apply_all(RelationalSink& sink, const TestJournal& journal,
                          std::size_t batch_entries) {
        const auto cursor = sink.open();
        ASSERT_TRUE(cursor.has_value()) << cursor.error().message;
        std::uint64_t at = cursor->has_value() ? (*cursor)->sequence : 0;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (at < journal.entries.size()) {
            const auto applied = sink.apply(journal.batch(at, batch_entries));
            // PostgreSQL ends the session of a sink that is gone a moment later.
            if (!applied && applied.error().code == ErrorCode::locked &&
                std::chrono::steady_clock::now() < until) {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                continue;
            }
            ASSERT_TRUE(applied.has_value()) << applied.error().message;
            at += *applied;
        }
        const auto caught_up = sink.caught_up();
        ASSERT_TRUE(caught_up.has_value()) << caught_up.error().message;
    }

    /// A second connection, as the API has.
    [[nodiscard]] std::unique_ptr<Database> connect(std::string_view name = kName) const {
        auto database = store(name)->open();
        EXPECT_TRUE(database.has_value()) << database.error().message;
        return std::move(*database);
    }

    [[nodiscard]] std::int64_t integer(std::string_view sql, std::string_view name = kName) const {
        const auto value = connect(name)->integer(sql);
        EXPECT_TRUE(value.has_value()) << value.error().message;
        return value->value_or(-1);
    }

    void alter(const std::string& sql, std::string_view name = kName) const {
        const auto altered = connect(name)->execute(sql);
        ASSERT_TRUE(altered.has_value()) << altered.error().message;
    }

    [[nodiscard]] Digest digest_of(std::string_view name = kName) const {
        auto found = digest(*connect(name), TableSet::live());
        EXPECT_TRUE(found.has_value()) << found.error().message;
        return found.value_or(Digest{});
    }

    /// How many tables of a shadow copy there are.
    [[nodiscard]] std::int64_t shadow_tables() const {
        return integer(engine_ == sql::Engine::sqlite
                           ? "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'shadow%'"
                           : "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'shadow%'");
    }

    const sql::Engine engine_;
    mutable std::string url_;
    std::filesystem::path folder_;
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
};

/// The same on each engine.
class EveryStoreTest : public StoreTest, public ::testing::WithParamInterface<sql::Engine> {
  protected:
    EveryStoreTest() : StoreTest(GetParam()) {}
};

}  // namespace cellmon::relational
