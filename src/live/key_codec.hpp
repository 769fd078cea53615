#pragma once

#include <string>
#include <string_view>

#include "base/byte_codec.hpp"
#include "live/order_key.hpp"
#include "live/student_facts.hpp"

// Keys, and what is latest by them, in checkpoints.
namespace cellmon::live {

inline void put(ByteWriter& out, const OrderKey& key) {
    out.put(key.time_us);
    out.put(key.number);
    out.put(key.sequence);
}

inline OrderKey get_key(ByteReader& in) {
    OrderKey key;
    key.time_us = in.get<TimeUs>();
    key.number = in.get<std::int64_t>();
    key.sequence = in.get<std::uint64_t>();
    return key;
}

inline void put(ByteWriter& out, const Latest<std::string>& latest) {
    out.put(std::string_view(latest.value));
    put(out, latest.key);
}

inline Latest<std::string> get_text(ByteReader& in) {
    Latest<std::string> latest;
    latest.value = in.text();
    latest.key = get_key(in);
    return latest;
}

}  // namespace cellmon::live
