#pragma once

#include <fmt/format.h>

// What libfmt 9 holds already, but its header does not say so: without this every file that calls
// fmt::format_to compiles all of its formatting again, which takes six of eight seconds. Other
// versions may name it otherwise, and clang does: it writes this signature as another symbol.
#if FMT_VERSION >= 90000 && FMT_VERSION < 100000 && !defined(__clang__)
namespace fmt {
extern template void detail::vformat_to<char>(detail::buffer<char>&, string_view, format_args,
                                              detail::locale_ref);
}
#endif
