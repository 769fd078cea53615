// Any bytes as a form, and as the Content-Type of one: no crash, every part lies within the body
// and the limits hold. And a form that was written around any contents is read as those.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "http/multipart.hpp"

namespace {

using namespace cellmon::http;

constexpr MultipartLimits kLimits{.parts = 4, .header_bytes = 200};

void check(std::string_view type, std::string_view body) {
    const auto parts = parse_multipart(type, body, kLimits);
    if (!parts) {
        CELLMON_ASSERT(!parts.error().message.empty());
        return;
    }
    CELLMON_ASSERT(parts->size() <= kLimits.parts);
    const char* at = body.data();
    for (const FormPart& part : *parts) {
        CELLMON_ASSERT(part.content.data() >= at);
        at = part.content.data() + part.content.size();
        CELLMON_ASSERT(at <= body.data() + body.size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check("multipart/form-data; boundary=b", bytes);
    const auto line = bytes.find('\n');
    if (line != std::string_view::npos) check(bytes.substr(0, line), bytes.substr(line + 1));
    if (bytes.find("\r\n--b") != std::string_view::npos) return 0;
    const std::string written = "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n" +
                                std::string(bytes) + "\r\n--b--\r\n";
    const auto parts = parse_multipart("multipart/form-data; boundary=b", written, kLimits);
    CELLMON_ASSERT(parts && parts->size() == 1 && parts->front().content == bytes);
    return 0;
}
