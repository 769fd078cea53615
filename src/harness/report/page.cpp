#include "harness/report/page.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "harness/report/clean_text.hpp"

namespace cellmon::harness::report {
namespace {

/// As a content security policy names a style.
std::string sha256_base64(std::string_view text) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> base64{};
    const int length = EVP_EncodeBlock(base64.data(), digest.data(), SHA256_DIGEST_LENGTH);
    return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

}  // namespace

std::string page(std::string_view title, std::string_view body) {
    return fmt::format(
        R"(<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{}</title>
<style>{}</style>
</head>
<body>
<input type="radio" name="language" id="ja" checked>
<input type="radio" name="language" id="en">
<nav aria-label="言語 / Language"><label for="ja" lang="ja">日本語</label><label for="en" lang="en">English</label></nav>
<main>
{}</main>
</body>
</html>
)",
        sha256_base64(page_style()), escaped(title), page_style(), body);
}

std::string_view mark_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return "✓";
        case Verdict::failed:
            return "✕";
        case Verdict::not_applicable:
            return "–";
        case Verdict::not_run:
            return "○";
        case Verdict::invalid:
            return "!";
    }
    return "";
}

std::string badge(Verdict verdict) {
    return fmt::format(R"(<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>)",
                       name_of(verdict), mark_of(verdict), both(words_of(verdict)));
}

std::string readable_time(TimeUs time) {
    std::string text = format_time(time).substr(0, std::string_view("2026-04-01T09:00:00").size());
    text[text.find('T')] = ' ';
    return text + " UTC";
}

}  // namespace cellmon::harness::report
