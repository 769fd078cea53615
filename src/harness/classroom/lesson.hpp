#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace cellmon::harness {

/// A wrong version of a cell's code and the error that Python answers it with.
struct Mistake {
    std::string_view code;
    std::string_view error_name;
    std::string_view error_value;
    int line = 1;  ///< Line of the cell that the traceback points at.
};

struct LessonCell {
    std::string_view
        id;  ///< Jupyter cell id; all students work on copies of one notebook, so they share it.
    std::string_view type;  ///< `code` or `markdown`.
    std::string_view code;
    std::string_view result;       ///< text/plain of the last value, empty when there is none.
    std::string_view output;       ///< What it prints.
    std::int64_t typical_ms = 20;  ///< Kernel time of a run.
    std::span<const Mistake> mistakes;
};

/// A small cell that an exploring student tries out.
struct Snippet {
    std::string_view code;
    std::string_view result;
};

/// The notebooks of the course. They share their cells, as copies of one template do; who is
/// through with one opens the next.
inline constexpr std::array<std::string_view, 3> kLessonPaths{"演習/第03回_データ処理の基礎.ipynb",
                                                              "演習/第03回_復習問題.ipynb",
                                                              "homework/lesson 03 exercises.ipynb"};
inline constexpr std::string_view kScratchPath = "Untitled.ipynb";

/// The notebook of the lesson, in its order.
[[nodiscard]] std::span<const LessonCell> lesson_cells();

/// Cells of the scratch notebook.
[[nodiscard]] std::span<const Snippet> scratch_snippets();

/// Mistakes that fit any code.
[[nodiscard]] std::span<const Mistake> scratch_mistakes();

/// The loop that never ends, put into a cell of the lesson.
[[nodiscard]] std::string_view endless_code();

}  // namespace cellmon::harness
