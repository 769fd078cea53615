// Goal: the ids that are merged from the small table into the large one stay unique, each with its
// sequence, wherever batches are cut and whatever ends the process around a merge. Method: a merge
// of all ids at every tenth sequence, or of one of four slices at every 1,024th; a process that
// dies is a batch that fails behind its rows and an object that goes away.

#include "sinks/relational/test_store.hpp"

namespace cellmon::relational {
namespace {

constexpr std::uint64_t kInterval = 10;
constexpr int kEvents = 35;

class IdMergeTest : public StoreTest {
  protected:
    IdMergeTest() {
        for (int at = 0; at < kEvents; ++at) {
            const TimeUs time_us = at * kSecondUs;
            journal_.post(run_json(fmt::format("s{}@example.com", at % 3), "c", time_us, true),
                          kStartUs + time_us);
        }
    }

    [[nodiscard]] static SinkOptions merging() {
        SinkOptions small;
        small.id_merge_interval = kInterval;
        return small;
    }

    /// The ids of the entries, each once and with its own sequence, in one of the two tables.
    void expect_all_ids(std::string_view name, std::int64_t merged) const {
        EXPECT_EQ(integer("SELECT count(*) FROM event_ids", name), merged);
        EXPECT_EQ(integer("SELECT count(*) FROM recent_event_ids", name), kEvents - merged);
        EXPECT_EQ(integer("SELECT count(*) FROM events e JOIN (SELECT * FROM event_ids UNION ALL "
                          "SELECT * FROM recent_event_ids) i ON i.event_id = e.event_id AND "
                          "i.sequence = e.sequence",
                          name),
                  kEvents);
    }

    /// The journal with the id of the entry `original` once more, at the entry `at`.
    [[nodiscard]] TestJournal repeating(std::uint64_t original, std::uint64_t at) const {
        TestJournal repeated;
        for (const journal::Entry& entry : journal_.entries) {
            const bool doubled = entry.header.sequence == at;
            const auto& id = doubled ? journal_.entries[original - 1].header.id : entry.header.id;
            repeated.append(entry.header.kind, entry.payload, entry.header.received_us, id,
                            entry.header.content_hash);
        }
        return repeated;
    }

    TestJournal journal_;
};

TEST_F(IdMergeTest, EveryBatchSizeMergesAtTheSameSequences) {
    for (const std::size_t batch_entries : {1U, 3U, 7U, 10U, 10'000U}) {
        const std::string name = fmt::format("batch-{}.db", batch_entries);
        RelationalSink sink(store(name), merging());
        apply_all(sink, journal_, batch_entries);
        expect_all_ids(name, 30);
        EXPECT_EQ(digest_of(name).differences(digest_of("batch-1.db")), "") << name;
    }
}

TEST_F(IdMergeTest, SlicesTakeTurnsUntilAllIdsHaveMoved) {
    constexpr std::uint64_t kStep = 1'024;
    constexpr std::uint64_t kSlices = 4;
    constexpr std::uint64_t kPosted = kSlices * kStep + 10;
    while (journal_.entries.size() < kPosted) {
        const auto time_us = static_cast<TimeUs>(journal_.entries.size()) * kSecondUs;
        journal_.post(run_json("s@example.com", "c", time_us, false), kStartUs + time_us);
    }
    SinkOptions sliced;
    sliced.id_merge_interval = kSlices * kStep;
    RelationalSink sink(store("sliced.db"), sliced);
    apply_all(sink, journal_, 777);
    std::int64_t moved = 0;
    for (const journal::Entry& entry : journal_.entries) {
        // Slice n moves behind the sequences n, n + 4, n + 8 … times the step.
        const std::uint64_t slice = entry.header.id.bytes[0] / (256 / kSlices);
        if (entry.header.sequence <= (slice == 0 ? kSlices : slice) * kStep) ++moved;
    }
    EXPECT_EQ(integer("SELECT count(*) FROM event_ids", "sliced.db"), moved);
    EXPECT_GT(moved, 0);
    EXPECT_EQ(integer("SELECT count(*) FROM events e JOIN (SELECT * FROM event_ids UNION ALL "
                      "SELECT * FROM recent_event_ids) i ON i.event_id = e.event_id AND "
                      "i.sequence = e.sequence",
                      "sliced.db"),
              static_cast<std::int64_t>(kPosted));
    EXPECT_EQ(integer("SELECT count(*) FROM recent_event_ids WHERE sequence <= " +
                          std::to_string(kPosted - kSlices * kStep),
                      "sliced.db"),
              0)
        << "an id that is older than an interval has not moved";
}

TEST_F(IdMergeTest, ADeathAtAnySequenceLeavesEqualRows) {
    RelationalSink whole(store("whole.db"), merging());
    apply_all(whole, journal_, 10'000);
    const Digest wanted = digest_of("whole.db");
    for (std::uint64_t before = 1; before < kEvents; before += 3) {
        for (const std::size_t count : {1U, 6U, 15U}) {
            const std::string name = fmt::format("death-{}-{}.db", before, count);
            {
                RelationalSink sink(store(name), merging());
                ASSERT_TRUE(sink.open().has_value());
                ASSERT_TRUE(sink.apply(journal_.batch(0, before)).has_value());
                projection::Batch dying = journal_.batch(before, count);
                journal::Entry other = journal_.entries[before];
                other.header.id = {};
                dying.add(other);
                ASSERT_FALSE(sink.apply(dying).has_value()) << "two events of one sequence";
            }
            EXPECT_EQ(integer("SELECT (SELECT count(*) FROM event_ids) + (SELECT count(*) FROM "
                              "recent_event_ids)",
                              name),
                      static_cast<std::int64_t>(before));
            RelationalSink next(store(name), merging());
            apply_all(next, journal_, 7);
            EXPECT_EQ(digest_of(name).differences(wanted), "") << name;
        }
    }
}

TEST_F(IdMergeTest, ARepeatedIdIsFoundOnBothSidesOfAMerge) {
    // Within one interval at once, across a merge at the next one; never is its merge committed.
    struct Case {
        std::uint64_t original, again, refused;
    };
    for (const auto& [original, again, refused] :
         {Case{11, 12, 12}, Case{11, 20, 20}, Case{5, 20, 20}, Case{5, 14, 20}, Case{10, 11, 20}}) {
        const std::string name = fmt::format("again-{}-{}.db", original, again);
        const TestJournal repeated = repeating(original, again);
        RelationalSink sink(store(name), merging());
        ASSERT_TRUE(sink.open().has_value());
        for (std::uint64_t at = 0; at + 1 < refused; ++at) {
            ASSERT_TRUE(sink.apply(repeated.batch(at, 1)).has_value()) << name << ' ' << at;
        }
        const auto found = sink.apply(repeated.batch(refused - 1, 1));
        ASSERT_FALSE(found.has_value()) << name;
        EXPECT_EQ(found.error().code, ErrorCode::corrupt) << name;
        EXPECT_NE(found.error().message.find(std::to_string(refused)), std::string::npos);
        EXPECT_EQ(integer("SELECT max(sequence) FROM events", name),
                  static_cast<std::int64_t>(refused) - 1);
        EXPECT_EQ(integer("SELECT count(*) FROM event_ids", name), 10);
    }
}

}  // namespace
}  // namespace cellmon::relational
