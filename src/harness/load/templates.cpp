#include "harness/load/templates.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "harness/classroom/draft.hpp"

namespace cellmon::harness {
namespace {

constexpr std::string_view kIdKey = "\"eventId\":\"";
constexpr std::string_view kTimeKey = "\"eventTime\":\"";
constexpr std::string_view kStreamKey = ",\"streamId\":";
constexpr std::size_t kTimeChars = 24;
/// Of a class without end.
constexpr std::size_t kMostLookedAt = 500'000;

void write_id(char* at, const Id128& id) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = kDigits[id.bytes[i] >> 4U];
        *at++ = kDigits[id.bytes[i] & 15U];
    }
}

/// The time of day within a day whose date stands there already.
void write_time_of_day(char* at, std::int64_t ms_of_day) {
    const auto two = [](char* to, std::int64_t value) {
        to[0] = static_cast<char>('0' + value / 10);
        to[1] = static_cast<char>('0' + value % 10);
    };
    two(at, ms_of_day / 3'600'000);
    two(at + 3, ms_of_day / 60'000 % 60);
    two(at + 6, ms_of_day / 1000 % 60);
    at[9] = static_cast<char>('0' + ms_of_day / 100 % 10);
    two(at + 10, ms_of_day % 100);
}

/// Events of the class in their order, evenly: how a class begins is not how it goes on.
std::vector<ClassEvent> sample(Classroom& classroom, std::size_t most) {
    std::vector<ClassEvent> sampled;
    std::size_t stride = 1;
    for (std::size_t number = 0; number < kMostLookedAt; ++number) {
        auto event = classroom.next();
        if (!event) break;
        if (number % stride != 0) continue;
        if (sampled.size() == most) {
            for (std::size_t i = 1; 2 * i < most; ++i)
                sampled[i] = std::move(sampled[2 * i]);
            sampled.resize((most + 1) / 2);
            stride *= 2;
            if (number % stride != 0) continue;
        }
        sampled.push_back(std::move(*event));
    }
    return sampled;
}

}  // namespace

EventTemplates::EventTemplates(const ClassPlan& plan)
    : id_seed_(mix64(mix64(plan.seed) ^ static_cast<std::uint64_t>(plan.start_us))),
      start_us_(plan.start_us) {
    start_us_ -= start_us_ % 1000;
    Classroom classroom(plan);
    ContentReader reader;
    for (ClassEvent& event : sample(classroom, kMaxTemplates)) {
        Template made;
        made.json = std::move(event.json);
        if (const auto stream = made.json.rfind(kStreamKey);
            event.better_client && stream != std::string::npos) {
            made.json.resize(stream);
            made.json += '}';
        }
        made.id_at = made.json.find(kIdKey) + kIdKey.size();
        made.time_at = made.json.find(kTimeKey) + kTimeKey.size();
        auto item = reader.read(made.json);
        CELLMON_ASSERT(item.has_value());
        made.content = std::move(item->content);
        templates_.push_back(std::move(made));
    }
    CELLMON_ASSERT(!templates_.empty());
}

Id128 EventTemplates::id(std::uint64_t number) const {
    const std::array<std::uint64_t, 2> words{mix64(id_seed_ ^ mix64(2 * number)),
                                             mix64(id_seed_ ^ mix64(2 * number + 1))};
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8)));
    return Id128::from_random(bytes);
}

EventContent EventTemplates::content(std::uint64_t number) const {
    EventContent content = of(number).content;
    content.time_us = time_us(number);
    return content;
}

void EventTemplates::append_json(std::string& into, std::uint64_t number) const {
    constexpr std::int64_t kDayMs = 86'400'000;
    const Template& one = of(number);
    const std::size_t from = into.size();
    into += one.json;
    write_id(into.data() + from + one.id_at, id(number));
    const std::int64_t ms = time_us(number) / 1000;
    const std::int64_t day = ms / kDayMs;
    // Most events share their day with the start of the plan; format_time costs more than the rest
    // of the event.
    if (day == start_us_ / 1000 / kDayMs) {
        write_time_of_day(into.data() + from + one.time_at + 11, ms % kDayMs);
        return;
    }
    const std::string text = browser_time(ms * 1000);
    std::copy_n(text.data(), kTimeChars, into.data() + from + one.time_at);
}

}  // namespace cellmon::harness
