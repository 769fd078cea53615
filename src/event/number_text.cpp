#include "event/number_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace cellmon::event {
namespace {

constexpr std::int64_t kMaxExponent = 1'000'000'000'000'000;  // larger ones count as this

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t position) {
    while (position < text.size() && is_digit(text[position]))
        ++position;
    return position;
}

struct Decimal {
    bool negative = false;
    std::string digits;         // empty: zero
    std::int64_t exponent = 0;  // value = 0.digits × 10^exponent
};

std::int64_t read_exponent(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    for (const char c : text)
        value = std::min(value * 10 + (c - '0'), kMaxExponent);
    return negative ? -value : value;
}

Decimal read_decimal(std::string_view number) {
    Decimal decimal;
    decimal.negative = number.starts_with('-');
    if (decimal.negative) number.remove_prefix(1);
    const std::size_t e = std::min(number.find_first_of("eE"), number.size());
    const std::size_t point = std::min(number.substr(0, e).find('.'), e);
    decimal.digits = number.substr(0, point);
    if (point < e) decimal.digits.append(number.substr(point + 1, e - point - 1));
    decimal.exponent = static_cast<std::int64_t>(point);
    if (e < number.size()) decimal.exponent += read_exponent(number.substr(e + 1));

    const std::size_t zeros =
        std::min(decimal.digits.find_first_not_of('0'), decimal.digits.size());
    decimal.digits.erase(0, zeros);
    decimal.exponent -= static_cast<std::int64_t>(zeros);
    decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
    return decimal;
}

template <typename T>
bool fits(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc{} && result.ptr == end;
}

}  // namespace

bool is_json_number(std::string_view text) {
    std::size_t position = text.starts_with('-') ? 1 : 0;
    const std::size_t whole = position;
    position = skip_digits(text, position);
    if (position == whole || (text[whole] == '0' && position > whole + 1)) return false;
    if (position < text.size() && text[position] == '.') {
        const std::size_t fraction = position + 1;
        position = skip_digits(text, fraction);
        if (position == fraction) return false;
    }
    if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
        ++position;
        if (position < text.size() && (text[position] == '+' || text[position] == '-')) ++position;
        const std::size_t exponent = position;
        position = skip_digits(text, exponent);
        if (position == exponent) return false;
    }
    return position == text.size();
}

bool is_vast(std::string_view number) {
    if (number.find_first_of(".eE") != std::string_view::npos) return !nearest_double(number);
    return !fits<std::int64_t>(number) && !fits<std::uint64_t>(number);
}

std::optional<double> nearest_double(std::string_view number) {
    double value = 0;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
    if (result.ec == std::errc{}) return value;
    // Out of range is said of both ends; the small one is zero.
    const Decimal decimal = read_decimal(number);
    if (decimal.exponent > 0 && !decimal.digits.empty()) return std::nullopt;
    return 0.0;
}

std::string decimal_normal_form(std::string_view number) {
    const Decimal decimal = read_decimal(number);
    return (decimal.negative ? "-" : "") + decimal.digits + "e" + std::to_string(decimal.exponent);
}

std::optional<std::int64_t> exact_integer(double value) {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (!(value >= -kTwoTo63 && value < kTwoTo63) || std::trunc(value) != value)
        return std::nullopt;
    return static_cast<std::int64_t>(value);
}

}  // namespace cellmon::event
