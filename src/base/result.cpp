#include "base/result.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace cellmon {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::io:
            return "io";
        case ErrorCode::no_space:
            return "no_space";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::already_exists:
            return "already_exists";
        case ErrorCode::reference:
            return "reference";
        case ErrorCode::locked:
            return "locked";
        case ErrorCode::permission:
            return "permission";
        case ErrorCode::corrupt:
            return "corrupt";
        case ErrorCode::newer_format:
            return "newer_format";
        case ErrorCode::needs_snapshot:
            return "needs_snapshot";
        case ErrorCode::mismatch:
            return "mismatch";
        case ErrorCode::invalid:
            return "invalid";
        case ErrorCode::limit:
            return "limit";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::cancelled:
            return "cancelled";
    }
    return "unknown";
}

namespace {

ErrorCode code_from_errno(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::no_space;
        case ENOENT:
            return ErrorCode::not_found;
        case EEXIST:
            return ErrorCode::already_exists;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission;
        default:
            return ErrorCode::io;
    }
}

}  // namespace

Error error_from_errno(int error_number, std::string_view what) {
    return {code_from_errno(error_number),
            fmt::format("{}: {}", what, std::generic_category().message(error_number))};
}

}  // namespace cellmon
