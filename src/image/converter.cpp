#include "image/converter.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/converter_exit.hpp"
#include "io/child_process.hpp"

namespace cellmon::image {
namespace {

/// More than any image of the largest size.
constexpr std::size_t kMostAnswerBytes = 32U << 20U;

tl::unexpected<Error> no_room(const char* what) {
    return fail(ErrorCode::unavailable, std::string("cannot start the reader of images: ") + what +
                                            ": " + std::strerror(errno));
}

/// A file in memory that holds the image, read from its beginning.
Result<io::Descriptor> file_of(std::string_view bytes) {
    io::Descriptor file(::memfd_create("image", MFD_CLOEXEC));
    if (file.number() < 0) return no_room("memfd_create");
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return no_room("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.number(), 0, SEEK_SET) != 0) return no_room("lseek");
    return file;
}

}  // namespace

Result<std::string> Converter::convert(std::string_view bytes) {
    CELLMON_TRY_ASSIGN(const io::Descriptor file, file_of(bytes));
    io::ChildProcess process;
    process.program = program_;
    process.arguments = {"cellmon", std::string(kConverterArgument)};
    process.input = file.number();
    auto answer = io::run_child(process, {timeout_, kMostAnswerBytes}, stopped_);
    if (!answer && answer.error().code == ErrorCode::limit) {
        return fail(ErrorCode::limit, "it takes too long to read the image");
    }
    if (!answer) return fail(std::move(answer).error());
    const int status = answer->status;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kConverted) return std::move(answer->said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kRefused) {
        return fail(ErrorCode::invalid, std::move(answer->said));
    }
    return fail(ErrorCode::corrupt, "the process that read it died of it");
}

}  // namespace cellmon::image
