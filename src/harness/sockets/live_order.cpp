#include "harness/sockets/live_order.hpp"

#include <algorithm>
#include <charconv>

namespace cellmon::harness {
namespace {

/// Walks over the members of one JSON object, without a look into their values. For UTF-8 that is
/// whole; text that is no JSON ends the walk.
class Members {
  public:
    explicit Members(std::string_view json) : rest_(json) {
        skip_blanks();
        sound_ = take('{');
    }

    /// The next member; strings without their quotes, as they are written.
    bool next(std::string_view& name, std::string_view& value) {
        skip_blanks();
        if (!sound_ || take('}')) return false;
        if (!first_ && !take(',')) return sound_ = false;
        first_ = false;
        skip_blanks();
        sound_ = take_string(name);
        skip_blanks();
        sound_ = sound_ && take(':');
        skip_blanks();
        return sound_ = sound_ && take_value(value);
    }

  private:
    void skip_blanks() {
        const auto at = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
    }

    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool take_string(std::string_view& text) {
        if (!take('"')) return false;
        for (std::size_t at = rest_.find_first_of("\"\\"); at != std::string_view::npos;
             at = rest_.find_first_of("\"\\", at + 2)) {
            if (rest_[at] == '\\') continue;
            text = rest_.substr(0, at);
            rest_.remove_prefix(at + 1);
            return true;
        }
        return false;
    }

    bool take_value(std::string_view& value) {
        if (rest_.starts_with('"')) return take_string(value);
        const std::string_view begin = rest_;
        std::size_t depth = 0;
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
            std::string_view ignored;
            if (c == '"') {
                if (!take_string(ignored)) return false;
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            rest_.remove_prefix(1);
        }
        value = begin.substr(0, begin.size() - rest_.size());
        return !rest_.empty() && !value.empty();
    }

    std::string_view rest_;
    bool first_ = true;
    bool sound_ = false;
};

LiveMessage::Type type_of(std::string_view name) {
    if (name == "snapshot") return LiveMessage::Type::snapshot;
    if (name == "delta") return LiveMessage::Type::delta;
    if (name == "status") return LiveMessage::Type::status;
    return LiveMessage::Type::other;
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end != text.data();
}

enum Field : unsigned { kType = 1, kEpoch = 2, kFrom = 4, kSequence = 8, kAt = 16 };

unsigned needed_by(LiveMessage::Type type) {
    switch (type) {
        case LiveMessage::Type::snapshot:
            return kType | kEpoch | kSequence | kAt;
        case LiveMessage::Type::delta:
            return kType | kEpoch | kFrom | kSequence | kAt;
        case LiveMessage::Type::status:
        case LiveMessage::Type::other:
            return kType;
    }
    return kType;
}

}  // namespace

std::optional<LiveMessage> read_live_message(std::string_view json) {
    LiveMessage message;
    Members members(json);
    std::string_view name;
    std::string_view value;
    unsigned seen = 0;
    while (members.next(name, value)) {
        if (name == "type") {
            message.type = type_of(value);
            seen |= kType;
        } else if (name == "epoch") {
            message.epoch = value;
            seen |= kEpoch;
        } else if (name == "from") {
            if (!read_number(value, message.from)) return std::nullopt;
            seen |= kFrom;
        } else if (name == "sequence") {
            if (!read_number(value, message.sequence)) return std::nullopt;
            seen |= kSequence;
        } else if (name == "at") {
            message.at = value;
            seen |= kAt;
        }
        const unsigned needed = needed_by(message.type);
        if ((seen & kType) != 0 && (seen & needed) == needed) return message;
    }
    return std::nullopt;
}

LiveGap LiveOrder::first_missed() const {
    if (given_up_ > 0 || open_.empty()) return first_given_up_;
    return open_.front();
}

bool LiveOrder::fills_a_gap(const LiveMessage& message) {
    return std::erase_if(open_, [&](const LiveGap& gap) {
               return message.from <= gap.after && message.sequence >= gap.until;
           }) > 0;
}

void LiveOrder::give_up(std::size_t gaps) {
    if (gaps == 0) return;
    if (given_up_ == 0) first_given_up_ = open_.front();
    given_up_ += gaps;
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(gaps));
}

std::string_view LiveOrder::take(const LiveMessage& message) {
    if (message.type == LiveMessage::Type::delta) {
        if (epoch_.empty()) return "a delta before any snapshot";
        if (message.epoch != epoch_) return "a delta of another epoch";
        constexpr std::string_view kTooLate = "an older delta came later";
        if (fills_a_gap(message)) {
            sequence_ = std::max(sequence_, message.sequence);
            return kTooLate;
        }
        if (message.sequence < sequence_) return kTooLate;
        if (message.from > sequence_) {
            constexpr std::size_t kMostOpen = 1'000;
            if (open_.size() == kMostOpen) give_up(1);
            open_.push_back({sequence_, message.from});
        }
    } else if (message.type == LiveMessage::Type::snapshot) {
        if (message.epoch.empty()) return "a snapshot without epoch";
        if (message.epoch == epoch_ && message.sequence < sequence_) {
            return "an older snapshot came later";
        }
        epoch_ = message.epoch;
        // It has all; a delta that comes now belongs to what is behind it.
        give_up(open_.size());
    } else {
        return {};
    }
    sequence_ = message.sequence;
    return {};
}

}  // namespace cellmon::harness
