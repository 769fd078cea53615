#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/result.hpp"
#include "event/event.hpp"
#include "exporting/classroom_facts.hpp"
#include "exporting/people.hpp"
#include "exporting/pseudonyms.hpp"
#include "exporting/table_writer.hpp"
#include "journal/reader.hpp"

namespace cellmon::exporting {

/// Makes rows of events and writes them. With pseudonyms nobody is named in them. One thread.
class EventRows {
  public:
    /// `pseudonyms`: nullptr: rows are as they are stored.
    EventRows(TableWriter& writer, People& people, const Pseudonyms* pseudonyms)
        : writer_(writer), people_(people), pseudonyms_(pseudonyms) {}

    Result<void> write(const journal::Entry& entry, const event::Event& event,
                       std::string_view class_code);
    /// Of an event whose content was erased.
    Result<void> write_redacted(const journal::Entry& entry);
    Result<void> write_refused(const journal::Entry& entry);
    Result<void> write(const ClassroomFacts::Submission& submission);
    /// A row for each student so far. Last.
    Result<void> write_students();

  private:
    struct Student {
        std::string class_code;
        std::string email;
        std::string name;
        std::string user_id;
        std::string team;
        TimeUs first_us = 0;
        TimeUs last_us = 0;
        std::int64_t events = 0;
        std::int64_t executions = 0;
        std::int64_t errors = 0;
    };
    /// What the server says of an event in its payload.
    struct Marks {
        Cell consent;
        Cell withheld;
        Cell masked;
    };

    using Text = std::optional<std::string_view>;

    [[nodiscard]] Cell student(std::string_view class_code, std::string_view email) const;
    [[nodiscard]] Cell team(std::string_view class_code, Text name) const;
    [[nodiscard]] Cell id(std::string_view class_code, Text what) const;
    /// A text in which somebody may be named.
    [[nodiscard]] Cell free(std::string_view class_code, Text text) const;
    Marks marks_of(std::string_view payload);
    void count(const event::Event& event, std::string_view class_code, bool is_run, bool is_error);
    Result<void> write_run(const journal::Entry& entry, const event::Event& event,
                           std::string_view class_code);
    Result<void> write_others(const journal::Entry& entry, const event::Event& event,
                              std::string_view class_code);

    TableWriter& writer_;
    People& people_;
    const Pseudonyms* pseudonyms_;
    simdjson::dom::parser parser_;
    std::map<std::pair<std::string, std::string>, Student> students_;
};

}  // namespace cellmon::exporting
