// Goal: every value can be set by every source, the later source wins, and whatever is wrong is
// named with its place, its value and what is allowed; the documentation says what the program
// does. Method: the table drives the tests; files live in a temporary directory.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "config/descriptors.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "config/values.hpp"

namespace cellmon::config {
namespace {

class ConfigTest : public ::testing::Test {
  protected:
    ConfigTest() {
        std::string path = (std::filesystem::temp_directory_path() / "config.XXXXXX").string();
        directory_ = mkdtemp(path.data());
        sources_.flags["server.data"] = directory_;
    }
    ~ConfigTest() override { std::filesystem::remove_all(directory_); }

    void write_file(std::string_view content) {
        std::ofstream(directory_ + "/cellmon.toml") << content;
    }
    Config load_well() {
        auto config = load(sources_, *files_);
        EXPECT_TRUE(config) << config.error().message;
        return config.value_or(Config());
    }
    std::string load_badly() {
        const auto config = load(sources_, *files_);
        EXPECT_FALSE(config);
        return config ? "" : config.error().message;
    }

    std::string directory_;
    std::unique_ptr<io::FileSystem> files_ = io::make_posix_file_system();
    Sources sources_;
};

/// A value other than the default that the descriptor allows.
std::string other_value(const Descriptor& descriptor) {
    switch (descriptor.kind) {
        case Kind::text:
            return "elsewhere";
        case Kind::address:
            return "[::1]:81";
        case Kind::choice: {
            const auto last = descriptor.choices.substr(descriptor.choices.rfind(' ') + 1);
            const auto first = descriptor.choices.substr(0, descriptor.choices.find(' '));
            return std::string(shown(descriptor, Config()) == last ? first : last);
        }
        case Kind::count:
            return std::to_string(descriptor.maximum);
        case Kind::bytes:
            return format_bytes(descriptor.maximum);
        case Kind::duration:
            return format_duration(descriptor.maximum);
        case Kind::percent:
            return format_percent(descriptor.maximum);
    }
    return {};
}

TEST_F(ConfigTest, WithoutSourcesEverythingIsItsDefault) {
    const Config config = load_well();
    EXPECT_EQ(config.listen, (ListenAddress{"127.0.0.1", 8000}));
    EXPECT_EQ(config.http.body_bytes, 32U << 20U);
    EXPECT_EQ(config.http.idle_timeout, std::chrono::seconds(75));
    EXPECT_EQ(config.error_threshold, 3U);
}

TEST_F(ConfigTest, DefaultsAreAllowedAndNamesAreUnique) {
    std::set<std::string> names;
    for (const Descriptor& descriptor : descriptors()) {
        Config config;
        // What is none by default is said by an empty text.
        const std::string text = descriptor.may_be_empty ? "" : shown(descriptor, config);
        const auto applied = apply(descriptor, text, "default", config);
        EXPECT_TRUE(applied) << applied.error().message;
        EXPECT_EQ(shown(descriptor, config), shown(descriptor, Config()));
        EXPECT_TRUE(names.insert(std::string(descriptor.key)).second);
        EXPECT_TRUE(names.insert(flag_of(descriptor)).second);
        EXPECT_TRUE(names.insert(variable_of(descriptor)).second);
    }
}

TEST_F(ConfigTest, EveryKeyReachesItsOwnField) {
    for (const Descriptor& descriptor : descriptors()) {
        Config config;
        ASSERT_TRUE(apply(descriptor, other_value(descriptor), "test", config)) << descriptor.key;
        for (const Descriptor& other : descriptors()) {
            const bool changed = shown(other, config) != shown(other, Config());
            EXPECT_EQ(changed, other.key == descriptor.key)
                << other.key << " after setting " << descriptor.key;
        }
    }
}

TEST_F(ConfigTest, TheLaterSourceWins) {
    write_file("[http]\nmax_connections = 1\nbody_bytes = \"1MiB\"\nheader_bytes = 2048\n");
    sources_.environment = {{"PATH", "/bin"},
                            {"CELLMON_HTTP_BODY_BYTES", "2MiB"},
                            {"CELLMON_HTTP_MAX_CONNECTIONS", "2"},
                            {"CELLMON_CLASS_KEY", "of a client"},
                            {"CELLMON_TOKEN", "of a client"},
                            {"CELLMON_GRAFANA_TOKEN", "of the monitor"}};
    sources_.flags["http.max_connections"] = "3";
    const Config config = load_well();
    EXPECT_EQ(config.http.header_bytes, 2048U);
    EXPECT_EQ(config.http.body_bytes, 2U << 20U);
    EXPECT_EQ(config.http.max_connections, 3U);
}

TEST_F(ConfigTest, ANamedFileReplacesTheOneInTheDataDirectory) {
    write_file("[http]\nmax_connections = 1\n");
    const std::string named = directory_ + "/other.toml";
    std::ofstream(named) << "server.data = \"/srv\"\nlog.format = \"json\"\n";
    sources_.flags.clear();
    sources_.environment = {{"CELLMON_CONFIG", named}};
    const Config config = load_well();
    EXPECT_EQ(config.data_directory, "/srv");
    EXPECT_EQ(config.log.format, telemetry::LogFormat::json);
    EXPECT_EQ(config.http.max_connections, 12'000U);
    sources_.config_file = directory_ + "/missing.toml";
    EXPECT_NE(load_badly().find("missing.toml"), std::string::npos);
}

TEST_F(ConfigTest, ErrorsNameSourceKeyValueReasonAndWhatIsAllowed) {
    write_file("[log]\nlevel = \"loud\"\n");
    EXPECT_EQ(load_badly(),
              directory_ +
                  "/cellmon.toml:2: log.level = \"loud\" is not acceptable: it is none "
                  "of the choices; allowed: debug, info, warn, error, off");
    write_file("");
    sources_.environment = {{"CELLMON_HTTP_BODY_BYTES", "12 potatoes"}};
    EXPECT_EQ(
        load_badly(),
        "CELLMON_HTTP_BODY_BYTES: http.body_bytes = \"12 potatoes\" is not acceptable: it is "
        "not a size: a whole number with B, KiB, MiB or GiB behind it; allowed: 1KiB to 1GiB");
    sources_.environment.clear();
    sources_.flags["server.io_threads"] = "0";
    EXPECT_EQ(
        load_badly(),
        "--io-threads: server.io_threads = \"0\" is not acceptable: it is too small; allowed: "
        "1 to 64");
}

TEST_F(ConfigTest, UnknownNamesAreErrorsWithAHint) {
    write_file("[http]\nbody_byte = 5\n");
    EXPECT_EQ(load_badly(), directory_ +
                                "/cellmon.toml:2: http.body_byte is unknown; did you mean "
                                "http.body_bytes?");
    write_file("");
    sources_.environment = {{"CELLMON_SERVER_LISTN", "x"}};
    EXPECT_EQ(load_badly(),
              "environment: CELLMON_SERVER_LISTN is unknown; did you mean CELLMON_SERVER_LISTEN?");
    sources_.environment = {{"CELLMON_Q", "x"}};
    EXPECT_EQ(load_badly(), "environment: CELLMON_Q is unknown");
}

TEST_F(ConfigTest, BrokenFilesAreNamedWithTheirLine) {
    write_file("[http]\n\nbody_bytes = = 3\n");
    EXPECT_TRUE(load_badly().starts_with(directory_ + "/cellmon.toml:3: "));
    write_file("[http]\nbody_bytes = [1]\n");
    EXPECT_EQ(load_badly(), directory_ +
                                "/cellmon.toml:2: http.body_bytes is neither a string nor a whole "
                                "number");
    write_file("[server]\ndata = \"/elsewhere\"\n");
    EXPECT_NE(load_badly().find("cannot be set by the file inside"), std::string::npos);
}

TEST_F(ConfigTest, LimitsThatContradictEachOtherAreRefused) {
    sources_.flags["http.body_bytes_in_flight"] = "1MiB";
    EXPECT_EQ(load_badly(),
              "http.body_bytes = 33554432 must be at most http.body_bytes_in_flight = 1048576");
}

TEST_F(ConfigTest, PasswordsCannotBeMadeCheap) {
    sources_.flags["auth.password_passes"] = "1";
    EXPECT_NE(load_badly().find("must be at least 36700160"), std::string::npos);
    sources_.flags["auth.password_memory"] = "46MiB";
    EXPECT_EQ(load_well().auth.password.passes, 1U);
}

TEST_F(ConfigTest, SecretsAppearInNoMessage) {
    Descriptor secret = *find_descriptor("server.io_threads");
    secret.secret = true;
    Config config;
    const auto applied = apply(secret, "hunter2", "file", config);
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().message.find("hunter2"), std::string::npos);
    EXPECT_EQ(shown(secret, config), "(secret)");
    const Descriptor& url = *find_descriptor("postgres.url");
    EXPECT_EQ(shown(url, config), "(none)");
    ASSERT_TRUE(apply(url, "postgresql://user:hunter2@host/db", "file", config));
    EXPECT_EQ(shown(url, config), "(secret)");
}

TEST_F(ConfigTest, FlagsComeFromTheTable) {
    CLI::App app;
    add_options(app, sources_);
    app.parse("--listen localhost:9 --http-body-bytes 3MiB --config x.toml", false);
    EXPECT_EQ(sources_.flags.at("server.listen"), "localhost:9");
    EXPECT_EQ(sources_.flags.at("http.body_bytes"), "3MiB");
    EXPECT_EQ(sources_.config_file, "x.toml");
    const std::string help = app.help();
    for (const Descriptor& descriptor : descriptors()) {
        EXPECT_NE(help.find(flag_of(descriptor)), std::string::npos) << descriptor.key;
    }
}

TEST(Values, ReadWhatTheyWrite) {
    EXPECT_EQ(*parse_bytes("64MiB"), 64U << 20U);
    EXPECT_EQ(*parse_bytes("7"), 7U);
    EXPECT_EQ(*parse_duration_ms("2min"), 120'000U);
    EXPECT_EQ(format_bytes(1536U << 10U), "1536KiB");
    EXPECT_EQ(format_bytes(0), "0B");
    EXPECT_EQ(format_duration(75'000), "75s");
    EXPECT_EQ(*parse_percent("10%"), 10U);
    EXPECT_EQ(format_percent(10), "10%");
    EXPECT_EQ(*parse_address("[::1]:80"), (ListenAddress{"::1", 80}));
    EXPECT_EQ(format_address({"::1", 80}), "[::1]:80");
    for (const char* bad : {"", "MiB", "1mib", "-1", "1.5GiB", "99999999999GiB", "1 MiB"}) {
        EXPECT_FALSE(parse_bytes(bad)) << bad;
    }
    for (const char* bad : {"", "5", "s", "1m", "1d"})
        EXPECT_FALSE(parse_duration_ms(bad)) << bad;
    for (const char* bad : {"", "10", "%", "1.5%"})
        EXPECT_FALSE(parse_percent(bad)) << bad;
    for (const char* bad : {"", "8000", ":8000", "::1:80", "a:b", "a:", "a:65536", "[]:1"}) {
        EXPECT_FALSE(parse_address(bad)) << bad;
    }
}

TEST(Document, TheCommittedPageIsThatOfTheTable) {
    const auto path =
        std::filesystem::path(CELLMON_SOURCE_ROOT) / "docs" / "reference" / "configuration.md";
    if (std::getenv("WRITE_CONFIGURATION_PAGE") != nullptr) {
        std::ofstream(path) << configuration_page();
    }
    std::ostringstream committed;
    committed << std::ifstream(path).rdbuf();
    EXPECT_EQ(committed.str(), configuration_page())
        << "WRITE_CONFIGURATION_PAGE=1 cellmon_config_test writes it anew";
}

}  // namespace
}  // namespace cellmon::config
