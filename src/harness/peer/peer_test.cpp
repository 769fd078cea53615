// Goal: a profile is read as it is written, and what a server has kept is read in each form that a
// profile may name; a defect is told by id, or by the number. Method: texts, and commands in the
// place of a server.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/peer/builtin_targets.hpp"
#include "harness/peer/kept_check.hpp"

namespace cellmon::harness::peer {
namespace {

constexpr const char* kId = "11111111-1111-4111-8111-111111111111";

TargetProfile profile_of(const std::string& text) {
    const auto target = read_target(text, "t.toml", "/here");
    EXPECT_TRUE(target.has_value()) << target.error().message;
    return target.value_or(TargetProfile());
}

TEST(TargetProfiles, OfTheProgramAreGood) {
    EXPECT_EQ(builtin_targets().size(), 2U);
    for (const BuiltinTarget& one : builtin_targets()) {
        const auto target = load_target(std::string(one.name));
        ASSERT_TRUE(target.has_value()) << target.error().message;
        EXPECT_EQ(target->name, one.name);
        EXPECT_FALSE(target->title.empty() || target->title_ja.empty());
    }
}

TEST(TargetProfiles, AreTakenAsTheyAreWritten) {
    const TargetProfile target = profile_of(R"(name = "p"
events = "/in"
body = "event"
[start]
command = ["serve", "{port}"]
directory = "below"
environment = { A = "1" }
ready_s = 2
[accepted]
status = [200, 204]
again = [409]
pointer = "/said"
equals = 3
[kept]
get = "/list?a={after}"
what = "ids"
format = "ndjson"
item = "/id"
after = "/n"
settle_s = 0.5
[monitor]
pid_file = "run.pid"
)");
    EXPECT_TRUE(target.events.one_a_request);
    EXPECT_EQ(target.events.path, "/in");
    EXPECT_EQ(target.directory, "/here/below");
    EXPECT_EQ(target.environment, std::vector<std::string>{"A=1"});
    EXPECT_EQ(target.events.rule->statuses, (std::vector<int>{200, 204}));
    EXPECT_EQ(target.events.rule->again, std::vector<int>{409});
    EXPECT_EQ(std::get<std::int64_t>(target.events.rule->equals), 3);
    EXPECT_EQ(target.kept.what, KeptWay::What::ids);
    EXPECT_EQ(target.kept.settle_s, 0.5);
    EXPECT_EQ(target.pid_file, "run.pid");
    EXPECT_EQ(target.description(), "p");
}

TEST(Peers, AreToldWhereTheirDataAndTheirPortAre) {
    const std::string rest =
        "events = \"/in\"\n[start]\ncommand = [\"{cellmon}\", \"{port}\", "
        "\"{data}/x\"]\n[kept]\nget "
        "= \"/n\"\nwhat = \"number\"\n";
    const PeerPlace place{7'001, "/bin/cellmon", "/data", "/folder"};
    const auto free = Peer::create(profile_of("name = \"p\"\n" + rest), place);
    ASSERT_TRUE(free.has_value());
    EXPECT_EQ(free->process().command,
              (std::vector<std::string>{"/bin/cellmon", "7001", "/data/x"}));
    EXPECT_EQ(free->endpoint().authority, "127.0.0.1:7001");
    EXPECT_EQ(free->watch()->port, 7'001);
    const auto fixed = Peer::create(
        profile_of("name = \"p\"\nurl = \"http://127.0.0.1:7002/below\"\n" + rest), place);
    ASSERT_TRUE(fixed.has_value());
    EXPECT_EQ(fixed->process().command.at(1), "7002");
    EXPECT_EQ(fixed->endpoint().prefix, "/below");
    EXPECT_FALSE(
        Peer::create(profile_of("name = \"p\"\nurl = \"http://192.0.2.1:80\"\n" + rest), place)
            ->watch()
            .has_value())
        << "on another machine";
}

/// What read_kept() makes of a text: the count, then the ids.
std::string kept_of(const KeptWay& way, std::string_view text) {
    std::string said;
    const auto page = read_kept(way, text, [&](const Id128& id, const EventContent* content) {
        said += " " + id.to_string().substr(0, 4) + (content != nullptr ? content->email : "");
    });
    if (!page) return page.error().message;
    return std::to_string(page->count) + said + (page->after.empty() ? "" : " > " + page->after);
}

TEST(Kept, IsReadInEachForm) {
    using What = KeptWay::What;
    using Format = KeptWay::Format;
    KeptWay way;
    EXPECT_EQ(kept_of(way, " 12 "), "12");
    way.pointer = "/a/1";
    EXPECT_EQ(kept_of(way, R"({"a":[0,7]})"), "7");
    EXPECT_EQ(kept_of(way, R"({"a":[0]})"), "what the server has kept: there is no /a/1");
    EXPECT_EQ(kept_of(way, R"({"a":[0,-1]})"),
              "what the server has kept: /a/1 is no number of events");
    EXPECT_EQ(kept_of(way, "<html>"), "what the server has kept: \"<html>\" is no JSON");
    way = KeptWay();
    way.what = What::number;
    way.format = Format::text;
    EXPECT_EQ(kept_of(way, "12\n"), "12");
    EXPECT_EQ(kept_of(way, "12 rows"), "what the server has kept: \"12 rows\" is no number");
    way = KeptWay();
    way.what = What::ids;
    way.format = Format::text;
    const std::string id = kId;
    EXPECT_EQ(kept_of(way, id + "\n\n" + id), "2 1111 1111");
    way = KeptWay();
    way.what = What::ids;
    way.pointer = "/ids";
    way.item = "/id";
    EXPECT_EQ(kept_of(way, R"({"ids":[{"id":")" + id + R"("}]})"), "1 1111");
    EXPECT_EQ(kept_of(way, R"({"ids":[{"id":4}]})"),
              "what the server has kept: number 1: /id is no text");
    EXPECT_EQ(kept_of(way, R"({"ids":{}})"), "what the server has kept: /ids is no list");
    way = KeptWay();
    way.what = What::events;
    way.format = Format::ndjson;
    way.item = "/e";
    way.after = "/n";
    const std::string event = R"({"eventId":")" + id + R"(","emailAddress":"a@b"})";
    EXPECT_EQ(kept_of(way, R"({"n":5,"e":)" + event + "}\n"), "1 1111a@b > 5");
    EXPECT_EQ(kept_of(way, R"({"n":"k","e":)" + event + "}\n"), "1 1111a@b > k");
    EXPECT_EQ(kept_of(way, R"({"e":)" + event + "}"),
              "what the server has kept: number 1 has no /n");
    EXPECT_EQ(kept_of(way, "{}\n{"), "what the server has kept: number 1 has no /e");
    EXPECT_EQ(kept_of(way, ""), "0");
}

/// A ledger of events with these outcomes, and what a command that prints `kept` says of them.
class KeptChecks : public testing::Test {
  protected:
    KeptChecks() { std::filesystem::create_directories(folder_); }
    ~KeptChecks() override { std::filesystem::remove_all(folder_); }

    static Id128 id_of(std::uint8_t number) {
        Id128 id;
        id.bytes.fill(number);
        return id;
    }
    void sent(std::uint8_t number, Outcome outcome) {
        LedgerEntry entry;
        entry.outcome = outcome;
        ledger_.entries.emplace(id_of(number), entry);
        ledger_.order.push_back(id_of(number));
    }
    /// Lost, doubled and wrong; "-" for what nobody can tell.
    std::string found(const std::string& what, const std::string& printed,
                      const KeptBefore& before = {}, bool others_allowed = false) {
        std::ofstream(folder_ + "/kept") << printed;
        TargetProfile target = profile_of(
            "name = \"p\"\nurl = \"http://127.0.0.1:1\"\nevents = \"/in\"\n[kept]\nformat = "
            "\"text\"\nwhat = \"" +
            what + "\"\ncommand = [\"cat\", \"{data}/kept\"]\n");
        target.directory = "/";
        const auto peer = Peer::create(std::move(target), {0, "", folder_, folder_});
        EXPECT_TRUE(peer.has_value());
        const auto verdict = check_kept(*peer, ledger_, before, others_allowed);
        if (!verdict) return verdict.error().message;
        return std::to_string(verdict->lost.count) + " " + std::to_string(verdict->doubled.count) +
               " " + (verdict->wrong ? std::to_string(verdict->wrong->count) : "-");
    }
    static std::string lines(std::initializer_list<std::uint8_t> numbers) {
        std::string text;
        for (const std::uint8_t number : numbers)
            text += id_of(number).to_string() + "\n";
        return text;
    }

    const std::string folder_ = testing::TempDir() + "peer-" + std::to_string(::getpid());
    Ledger ledger_;
};

TEST_F(KeptChecks, TellByIdWhatIsMissingAndTwice) {
    sent(1, Outcome::acked);
    sent(2, Outcome::acked);
    sent(3, Outcome::unknown);
    sent(4, Outcome::refused);
    EXPECT_EQ(found("ids", lines({1, 2})), "0 0 -");
    EXPECT_EQ(found("ids", lines({1, 2, 3, 4})), "0 0 -") << "4 may be an earlier one of its id";
    EXPECT_EQ(found("ids", lines({2})), "1 0 -");
    EXPECT_EQ(found("ids", lines({1, 2, 1, 3, 3})), "0 2 -");
    EXPECT_EQ(found("ids", lines({1, 2, 9})), "0 0 1") << "nobody has sent 9";
    EXPECT_EQ(found("ids", lines({1, 2, 9}), {}, true), "0 0 -");
    EXPECT_EQ(found("ids", lines({1, 2, 9}), {1, {id_of(9)}}), "0 0 -") << "it was there before";
}

TEST_F(KeptChecks, TellByTheNumberHowManyAreMissingOrTooMany) {
    sent(1, Outcome::acked);
    sent(2, Outcome::duplicate);
    sent(3, Outcome::unknown);
    EXPECT_EQ(found("number", "2"), "0 0 -");
    EXPECT_EQ(found("number", "3"), "0 0 -") << "what has no answer may have been kept";
    EXPECT_EQ(found("number", "1"), "1 0 -");
    EXPECT_EQ(found("number", "4"), "0 1 -");
    EXPECT_EQ(found("number", "12", {10, {}}), "0 0 -");
    EXPECT_EQ(found("number", "9", {10, {}}), "3 0 -") << "one is gone that was there before";
    EXPECT_EQ(found("number", "many"), "what the server has kept: \"many\" is no number");
}

TEST_F(KeptChecks, SayWhyACommandFailed) {
    TargetProfile target = profile_of(
        "name = \"p\"\nurl = \"http://127.0.0.1:1\"\nevents = \"/in\"\n[kept]\nformat = \"text\"\n"
        "what = \"ids\"\ncommand = [\"cat\", \"{data}/none\"]\n");
    target.directory = "/";
    const auto peer = Peer::create(std::move(target), {0, "", folder_, folder_});
    ASSERT_TRUE(peer.has_value());
    const auto kept = peer->kept([](const Id128&, const EventContent*) {});
    ASSERT_FALSE(kept.has_value());
    EXPECT_NE(kept.error().message.find("none: No such file"), std::string::npos)
        << kept.error().message;
}

}  // namespace
}  // namespace cellmon::harness::peer
