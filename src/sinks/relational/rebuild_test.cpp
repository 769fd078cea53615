// Goal: on each engine a rebuild gives the same rows, keeps the registry's ids, never touches the
// live copy before it is right, and goes on beside a projection at work. Method: a store, a journal
// in memory, and a sink that stays open over the switch.

#include "sinks/relational/rebuild.hpp"

#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

class RebuildTest : public EveryStoreTest {
  protected:
    void post(int count) {
        for (int at = 0; at < count; ++at) {
            const auto number = static_cast<int>(journal_.entries.size());
            journal_.post(
                run_json(fmt::format("s{}@example.com", number % 3), "c1", number * kSecondUs,
                         number % 2 == 0, fmt::format(R"("sessionId":"p{}")", number % 5)),
                kStartUs + number * kSecondUs);
        }
    }
    Result<RebuildReport> rebuild(bool accept = false) {
        TestSource source(journal_);
        RebuildOptions rebuild_options;
        rebuild_options.batch_entries = 20;
        rebuild_options.accept_difference = accept;
        return rebuild_relational(*store(), source, rebuild_options,
                                  [](std::uint64_t, std::uint64_t) {});
    }

    TestJournal journal_;
};

INSTANTIATE_TEST_SUITE_P(Engines, RebuildTest, sql::kTestedEngines, sql::engine_name);

TEST_P(RebuildTest, GivesEqualRowsWhileTheProjectionGoesOn) {
    post(150);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal_, 50);
    post(30);
    const auto ids = integer("SELECT sum(id * length(email)) FROM students");
    TestSource source(journal_);
    RebuildOptions rebuild_options;
    rebuild_options.batch_entries = 20;
    const auto report = rebuild_relational(
        *store(), source, rebuild_options, [&](std::uint64_t done, std::uint64_t total) {
            EXPECT_LT(done, total);
            // Ten of the new entries arrive in the live copy after the first batch.
            if (done != 20) return;
            EXPECT_TRUE(sink.apply(journal_.batch(150, 10)).has_value());
        });
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_TRUE(report->switched);
    EXPECT_EQ(report->sequence, 160U);
    EXPECT_EQ(report->digest, digest_of());
    EXPECT_EQ(integer("SELECT sum(id * length(email)) FROM students"), ids);
    EXPECT_EQ(shadow_tables(), 0);

    // The sink that was open all the time goes on in the new tables.
    const auto applied = sink.apply(journal_.batch(160, 20));
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    const Digest together = digest_of();
    RelationalSink alone(store("alone.db"), SinkOptions{});
    apply_all(alone, journal_, 1'000);
    EXPECT_EQ(together.differences(digest_of("alone.db")), "");
    // And a second time, now with indexes of another generation.
    const auto again = rebuild();
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_TRUE(again->switched);
    EXPECT_EQ(again->digest, together);
}

TEST_P(RebuildTest, MergesIdsWhereTheStoreDid) {
    if (engine_ != sql::Engine::sqlite) return;  // PostgreSQL has one index, and nothing to merge.

    post(55);
    SinkOptions merging;
    merging.id_merge_interval = 10;
    RelationalSink sink(store(), merging);
    apply_all(sink, journal_, 7);
    TestSource source(journal_);
    RebuildOptions rebuild_options;
    rebuild_options.batch_entries = 20;
    rebuild_options.id_merge_interval = 10;
    const auto report =
        rebuild_relational(*store(), source, rebuild_options, [](std::uint64_t, std::uint64_t) {});
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->differences, "");
    EXPECT_EQ(integer("SELECT count(*) FROM event_ids"), 50);
}

TEST_P(RebuildTest, ADifferenceIsNamedAndSwitchedOnlyOnRequest) {
    post(50);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal_, 50);
    const Digest right = digest_of();
    alter("DELETE FROM cell_executions WHERE sequence = 7");
    const auto refused = rebuild();
    ASSERT_TRUE(refused.has_value()) << refused.error().message;
    EXPECT_FALSE(refused->switched);
    EXPECT_EQ(refused->differences, "cell_executions");
    EXPECT_EQ(integer("SELECT count(*) FROM cell_executions"), 49);
    EXPECT_EQ(shadow_tables(), 0);
    const auto accepted = rebuild(true);
    ASSERT_TRUE(accepted.has_value());
    EXPECT_TRUE(accepted->switched);
    EXPECT_EQ(digest_of(), right);
}

TEST_P(RebuildTest, RefusesWhatItCannotDo) {
    const auto nothing = rebuild();
    ASSERT_FALSE(nothing.has_value());
    EXPECT_EQ(nothing.error().code, ErrorCode::not_found);
    post(50);
    RelationalSink sink(store(), SinkOptions{});
    apply_all(sink, journal_, 50);
    {
        const auto held = store()->lock_rebuild();
        ASSERT_TRUE(held.has_value());
        const auto second = rebuild();
        ASSERT_FALSE(second.has_value());
        EXPECT_EQ(second.error().code, ErrorCode::locked);
    }
    const Digest before = digest_of();
    journal_.entries.resize(30);
    const auto behind = rebuild();
    ASSERT_FALSE(behind.has_value());
    EXPECT_EQ(behind.error().code, ErrorCode::mismatch);
    EXPECT_EQ(digest_of(), before);
}

}  // namespace
}  // namespace cellmon::relational
