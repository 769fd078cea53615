#pragma once

// Shared by the tests of this module: classes made up by chance, with late, repeated and
// interleaved streams.

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/random.hpp"
#include "sinks/relational/test_entries.hpp"

namespace cellmon::relational {

/// One event of a made-up class.
struct Made {
    int kind = 0;  ///< 0 success, 1 error, 2 aborted, 3 help, 4 help_stop, 5 other.
    int student = 0;
    int cell = 0;
    int stream = 0;  ///< 0: none.
    int number = 0;  ///< In the stream.
    TimeUs offset_us = 0;
    std::uint64_t sequence = 0;
    TimeUs order_us = 0;
};

inline std::vector<Made> make_class(SeededRandom& random, std::size_t count) {
    std::vector<Made> made(count);
    std::map<int, int> numbers;
    TimeUs now_us = 0;
    for (Made& event : made) {
        event.kind = static_cast<int>(random.u32() % 6);
        event.student = static_cast<int>(random.u32() % 2);
        event.cell = static_cast<int>(random.u32() % 2);
        event.stream = static_cast<int>(random.u32() % 3);
        now_us += random.u32() % 120 * kSecondUs;
        // Some clocks step back, and some events share a time.
        event.offset_us = random.u32() % 5 == 0 ? now_us - random.u32() % 600 * kSecondUs : now_us;
        const int stream = event.student * 10 + event.stream;
        if (event.stream != 0) event.number = ++numbers[stream];
    }
    // Most arrive in order, some much later.
    for (std::size_t at = 0; at + 1 < made.size(); ++at) {
        if (random.u32() % 3 != 0) continue;
        const std::size_t to = std::min(made.size() - 1, at + random.u32() % 20);
        std::swap(made[at], made[to]);
    }
    return made;
}

inline TestJournal post_class(std::vector<Made>& made) {
    TestJournal journal;
    for (Made& event : made) {
        const std::string email = fmt::format("s{}@example.com", event.student);
        // Without an id of their own, events of equal content would be the same event.
        std::string more = fmt::format(R"("eventId":"e{}","sessionId":"p{}")",
                                       journal.entries.size(), event.student);
        if (event.stream != 0) {
            more += fmt::format(R"(,"streamId":"{}-{}","streamSequence":{})", event.student,
                                event.stream, event.number);
        }
        const std::string cell = fmt::format("cell-{}", event.cell);
        const TimeUs received_us = kStartUs + 86'400 * kSecondUs;
        std::string json;
        if (event.kind <= 1) {
            json = run_json(email, cell, event.offset_us, event.kind == 1, more);
        } else if (event.kind == 2) {
            json = event_json(
                "cell_executed", email, event.offset_us,
                fmt::format(R"("cellId":"{}","cellType":"code","code":"x",{})", cell, more));
        } else {
            const char* type = event.kind == 3 ? "help" : event.kind == 4 ? "help_stop" : "other";
            json = event_json(type, email, event.offset_us, more);
        }
        event.sequence = journal.post(json, received_us);
    }
    return journal;
}

}  // namespace cellmon::relational
