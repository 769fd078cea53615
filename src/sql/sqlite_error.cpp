#include "sql/sqlite_error.hpp"

#include <string>

#include <sqlite3.h>

namespace cellmon::sql {
namespace {

ErrorCode error_code_of(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return ErrorCode::already_exists;
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return ErrorCode::reference;
        default:
            break;
    }
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorCode::locked;
        case SQLITE_NOMEM:
        case SQLITE_INTERRUPT:
            return ErrorCode::unavailable;
        case SQLITE_FULL:
            return ErrorCode::no_space;
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH:
            return ErrorCode::permission;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt;
        case SQLITE_CONSTRAINT:
        case SQLITE_TOOBIG:
        case SQLITE_MISMATCH:
        case SQLITE_RANGE:
            return ErrorCode::invalid;
        default:
            return ErrorCode::io;
    }
}

}  // namespace

Error sqlite_error(sqlite3* database, std::string_view what) {
    const int code = sqlite3_extended_errcode(database);
    std::string message(what);
    message += ": ";
    message += sqlite3_errmsg(database);
    message += " (SQLite " + std::to_string(code) + ")";
    return {error_code_of(code), std::move(message)};
}

}  // namespace cellmon::sql
