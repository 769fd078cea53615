#pragma once

#include <sqlite3.h>

#include "base/result.hpp"

namespace cellmon::sqlite {

/// Lets statements of the connection use `id_word` and `text_word`
/// (sinks/relational/row_words.hpp), which PostgreSQL has the means for by itself.
Result<void> add_words(sqlite3* database);

}  // namespace cellmon::sqlite
