#include "harness/grafana/json_subset.hpp"

#include <string_view>

namespace cellmon::harness::grafana {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

template <typename Value>
bool both_are(element a, element b) {
    Value one{};
    Value other{};
    return a.get(one) == simdjson::SUCCESS && b.get(other) == simdjson::SUCCESS && one == other;
}

bool lists_agree(array wanted, element found) {
    array others;
    if (found.get(others) != simdjson::SUCCESS || others.size() != wanted.size()) return false;
    auto other = others.begin();
    for (const element one : wanted) {
        if (!is_within(one, *other)) return false;
        ++other;
    }
    return true;
}

bool fields_agree(object wanted, element found) {
    for (const auto& [name, value] : wanted) {
        element other;
        if (found.at_key(name).get(other) != simdjson::SUCCESS) return false;
        if (!is_within(value, other)) return false;
    }
    return true;
}

}  // namespace

bool is_within(element wanted, element found) {
    switch (wanted.type()) {
        case simdjson::dom::element_type::OBJECT:
            return found.is_object() && fields_agree(wanted.get_object().value(), found);
        case simdjson::dom::element_type::ARRAY:
            return lists_agree(wanted.get_array().value(), found);
        case simdjson::dom::element_type::STRING:
            return both_are<std::string_view>(wanted, found);
        case simdjson::dom::element_type::BOOL:
            return both_are<bool>(wanted, found);
        case simdjson::dom::element_type::NULL_VALUE:
            return found.is_null();
        case simdjson::dom::element_type::INT64:
        case simdjson::dom::element_type::UINT64:
        case simdjson::dom::element_type::DOUBLE:
            return both_are<double>(wanted, found);
    }
    return false;
}

}  // namespace cellmon::harness::grafana
