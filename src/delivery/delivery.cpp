#include "delivery/delivery.hpp"

#include <algorithm>

#include "base/mention.hpp"

namespace cellmon::delivery {

std::uint32_t Delivery::student_index(std::string_view email) {
    if (const auto found = student_by_email_.find(email); found != student_by_email_.end()) {
        return found->second;
    }
    const auto index = static_cast<std::uint32_t>(students_.size());
    students_.push_back({});
    students_.back().email = email;
    student_by_email_.emplace(email, index);
    return index;
}

void Delivery::committed(const journal::EntryHeader& header, std::uint64_t chain,
                         const journal::Origin& origin) {
    const std::lock_guard lock(mutex_);
    fold(header, origin);
    cursor_.sequence = header.sequence;
    cursor_.chain = chain;
}

void Delivery::fold(const journal::EntryHeader& header, const journal::Origin& origin) {
    if (header.kind == journal::EntryKind::server) return;
    const std::uint32_t index = student_index(origin.email);
    Student& student = students_[index];
    if (header.kind == journal::EntryKind::quarantine) {
        ++student.refused;
    } else {
        ++student.received;
        student.last_seen_us = std::max(student.last_seen_us, header.received_us);
        if (!origin.class_code.empty()) student.class_code = origin.class_code;
        if (origin.client_time_us != 0) {
            student.offsets_us[student.offset_count++ % student.offsets_us.size()] =
                header.received_us - origin.client_time_us;
        }
    }
    if (!origin.stream_id.empty()) fold_stream(header, origin, index);
}

void Delivery::fold_stream(const journal::EntryHeader& header, const journal::Origin& origin,
                           std::uint32_t student) {
    auto found = streams_.find(origin.stream_id);
    if (found == streams_.end()) {
        found = streams_.emplace(std::string(origin.stream_id), Stream{student, {}, false}).first;
    }
    Stream& stream = found->second;
    if (origin.number != 0) {
        // An id is stored once, so a number that comes again belongs to another event: two browsers
        // share a profile. A refused item may carry the number of the event it was meant to be.
        const bool taken = stream.numbers.contains(origin.number);
        if (taken && header.kind == journal::EntryKind::event) stream.cloned = true;
        stream.numbers.add(origin.number, origin.number, header.received_us);
    }
    if (origin.gap_first != 0) {
        students_[student].abandoned +=
            stream.numbers.add(origin.gap_first, origin.gap_last, header.received_us);
    }
}

void Delivery::count_duplicates(std::span<const std::string_view> emails) {
    if (emails.empty()) return;
    const std::lock_guard lock(mutex_);
    for (const std::string_view email : emails) {
        // Whoever was erased is not brought back by what their client sends again.
        const auto found = student_by_email_.find(email);
        if (found != student_by_email_.end()) ++students_[found->second].duplicates;
    }
}

void Delivery::forget_student(std::string_view email) {
    const std::lock_guard lock(mutex_);
    const std::string key = small_letters(email);
    std::vector<Student> kept;
    constexpr std::uint32_t kGone = 0xffffffffU;
    std::vector<std::uint32_t> places(students_.size(), kGone);
    student_by_email_.clear();
    for (std::size_t i = 0; i < students_.size(); ++i) {
        if (small_letters(students_[i].email) == key) continue;
        places[i] = static_cast<std::uint32_t>(kept.size());
        student_by_email_.emplace(students_[i].email, places[i]);
        kept.push_back(std::move(students_[i]));
    }
    students_ = std::move(kept);
    std::erase_if(streams_,
                  [&](const auto& stream) { return places[stream.second.student] == kGone; });
    for (auto& [id, stream] : streams_)
        stream.student = places[stream.student];
}

std::vector<StreamAnswer> Delivery::answer(const std::vector<std::string_view>& stream_ids) const {
    const TimeUs opened_by_us = clock_.now_us() - limits_.gap_grace_us;
    std::vector<StreamAnswer> answers;
    answers.reserve(stream_ids.size());
    const std::lock_guard lock(mutex_);
    for (const std::string_view id : stream_ids) {
        StreamAnswer& answer = answers.emplace_back();
        answer.stream_id = id;
        const auto found = streams_.find(id);
        if (found == streams_.end()) continue;
        const Stream& stream = found->second;
        answer.received_through = stream.numbers.through();
        answer.missing = stream.numbers.missing(opened_by_us, limits_.gaps_in_answer);
        if (stream.cloned) answer.new_stream = "cloned";
        if (stream.numbers.full()) answer.new_stream = "too_many_gaps";
    }
    return answers;
}

void StudentDelivery::add(const StudentDelivery& other) {
    received += other.received;
    missing += other.missing;
    refused += other.refused;
    abandoned += other.abandoned;
    duplicates += other.duplicates;
    streams += other.streams;
    last_seen_us = std::max(last_seen_us, other.last_seen_us);
}

std::vector<StudentDelivery> Delivery::students() const {
    const TimeUs opened_by_us = clock_.now_us() - limits_.gap_grace_us;
    const std::lock_guard lock(mutex_);
    std::vector<StudentDelivery> result;
    result.reserve(students_.size());
    for (const Student& student : students_) {
        StudentDelivery& row = result.emplace_back();
        row.email = student.email;
        row.class_code = student.class_code;
        row.received = student.received;
        row.refused = student.refused;
        row.abandoned = student.abandoned;
        row.duplicates = student.duplicates;
        row.last_seen_us = student.last_seen_us;
        const auto known = std::min<std::uint64_t>(student.offset_count, student.offsets_us.size());
        if (known > 0) {
            row.clock_offset_us =
                *std::min_element(student.offsets_us.begin(),
                                  student.offsets_us.begin() + static_cast<std::ptrdiff_t>(known));
        }
    }
    for (const auto& [id, stream] : streams_) {
        StudentDelivery& row = result[stream.student];
        ++row.streams;
        row.missing += stream.numbers.missing_count(opened_by_us);
    }
    return result;
}

std::uint64_t Delivery::sequence() const {
    const std::lock_guard lock(mutex_);
    return cursor_.sequence;
}

}  // namespace cellmon::delivery
