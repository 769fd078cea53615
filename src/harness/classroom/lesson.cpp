#include "harness/classroom/lesson.hpp"

#include <array>

namespace cellmon::harness {
namespace {

constexpr std::array kImportMistakes{
    Mistake{"import math\nimport statistic\nfrom collections import Counter", "ModuleNotFoundError",
            "No module named 'statistic'", 2},
    Mistake{"import math\nimport statistics\nfrom collections import counter", "ImportError",
            "cannot import name 'counter' from 'collections' "
            "(/usr/lib/python3.11/collections/__init__.py)",
            3},
};
constexpr std::array kTemperatureMistakes{
    Mistake{"temperatures = [21.5, 23.0, 19.8 25.2, 22.1, 18.9, 24.4]\ntemperatures", "SyntaxError",
            "invalid syntax. Perhaps you forgot a comma? (1234567890.py, line 1)", 1},
    Mistake{"temperatures = [21.5, 23.0, 19.8, 25.2, 22.1, 18.9, 24.4]\ntemparatures", "NameError",
            "name 'temparatures' is not defined", 2},
};
constexpr std::array kAverageMistakes{
    Mistake{"average = sum(temperatures) / len(temperature)\naverage", "NameError",
            "name 'temperature' is not defined", 1},
    Mistake{"average = sum(temperatures) / 0\naverage", "ZeroDivisionError", "division by zero", 1},
};
constexpr std::array kLastDayMistakes{
    Mistake{"last = temperatures[7]\nprint(\"最終日:\", last)", "IndexError",
            "list index out of range", 1},
    Mistake{"last = temperatures[\"7\"]\nprint(\"最終日:\", last)", "TypeError",
            "list indices must be integers or slices, not str", 1},
};
constexpr std::array kFormatMistakes{
    Mistake{"message = \"平均気温は \" + average + \" 度です\"\nprint(message)", "TypeError",
            "can only concatenate str (not \"float\") to str", 1},
    Mistake{"print(f\"平均気温は {avarage:.1f} 度です\")", "NameError",
            "name 'avarage' is not defined", 1},
};
constexpr std::array kLoopMistakes{
    Mistake{"for day, value in enumerate(temperatures, start=1)\n    print(day, value)",
            "SyntaxError", "expected ':' (1234567890.py, line 1)", 1},
    Mistake{"for day, value in enumerate(temperatures, start=1):\nprint(day, value)",
            "IndentationError",
            "expected an indented block after 'for' statement on line 1 (1234567890.py, line 2)",
            2},
};
constexpr std::array kFilterMistakes{
    Mistake{"hot = [t for t in temperatures if t > average + \"1\"]\nhot", "TypeError",
            "unsupported operand type(s) for +: 'float' and 'str'", 1},
    Mistake{"hot = temperatures.filter(lambda t: t > average)\nhot", "AttributeError",
            "'list' object has no attribute 'filter'", 1},
};
constexpr std::array kDictMistakes{
    Mistake{"scores = {\"国語\": 72, \"数学\": 88, \"英語\": 65}\nscores[\"理科\"]", "KeyError",
            "'理科'", 2},
    Mistake{"scores = {\"国語\": 72, \"数学\": 88, \"英語\": 65\nscores[\"数学\"]", "SyntaxError",
            "'{' was never closed (1234567890.py, line 1)", 1},
};
constexpr std::array kUpdateMistakes{
    Mistake{"scores[\"理科\"] += 10\nscores", "KeyError", "'理科'", 1},
    Mistake{"scores.add(\"理科\", 91)\nscores", "AttributeError",
            "'dict' object has no attribute 'add'", 1},
};
constexpr std::array kTotalMistakes{
    Mistake{"total = sum(scores)\ntotal", "TypeError",
            "unsupported operand type(s) for +: 'int' and 'str'", 1},
    Mistake{"total = sum(scores.value())\ntotal", "AttributeError",
            "'dict' object has no attribute 'value'", 1},
};
constexpr std::array kGradeMistakes{
    Mistake{"def grade(point):\n    if point => 80:\n        return \"A\"\n    return \"B\"\n\n"
            "{name: grade(p) for name, p in scores.items()}",
            "SyntaxError", "invalid syntax (1234567890.py, line 2)", 2},
    Mistake{"def grade(point):\n    if point >= 80:\n        return \"A\"\n    return \"B\"\n\n"
            "{name: grade(p) for name, p in scores}",
            "ValueError", "not enough values to unpack (expected 2, got 1)", 6},
};
constexpr std::array kFibonacciMistakes{
    Mistake{"def fibonacci(n):\n    return fibonacci(n - 1) + fibonacci(n - 2)\n\nfibonacci(20)",
            "RecursionError", "maximum recursion depth exceeded", 2},
    Mistake{"def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + c\n "
            "   return a\n\n"
            "fibonacci(20)",
            "NameError", "name 'c' is not defined", 4},
};
constexpr std::array kParseMistakes{
    Mistake{"rows = [line.split(\",\") for line in text.splitlines()]\n[(name, int(points)) for "
            "name, points in rows]",
            "ValueError", "invalid literal for int() with base 10: '点数'", 2},
    Mistake{"rows = text.splitlines().split(\",\")\nrows", "AttributeError",
            "'list' object has no attribute 'split'", 1},
};
constexpr std::array kSortMistakes{
    Mistake{"sorted(records, key=records[1])", "TypeError", "'tuple' object is not callable", 1},
    Mistake{"records.sort(key=lambda r: r[2])\nrecords", "IndexError", "tuple index out of range",
            1},
};
constexpr std::array kClassMistakes{
    Mistake{"class Student:\n    def __init__(name, points):\n        self.name = name\n        "
            "self.points = points\n\n"
            "taro = Student(\"太郎\", 80)\ntaro.points",
            "TypeError", "Student.__init__() takes 2 positional arguments but 3 were given", 6},
    Mistake{"class Student:\n    def __init__(self, name, points):\n        self.name = name\n\n"
            "taro = Student(\"太郎\", 80)\ntaro.points",
            "AttributeError", "'Student' object has no attribute 'points'", 6},
};
constexpr std::array kFileMistakes{
    Mistake{"with open(\"data/score.csv\", encoding=\"utf-8\") as f:\n    print(f.read())",
            "FileNotFoundError", "[Errno 2] No such file or directory: 'data/score.csv'", 1},
};
constexpr std::array kPrimeMistakes{
    Mistake{"primes = []\nfor n in range(2, 2000):\n    if all(n % p for p in prime):\n        "
            "primes.append(n)\nlen(primes)",
            "NameError", "name 'prime' is not defined", 3},
    Mistake{"primes = []\nfor n in range(0, 2000):\n    if all(n % p for p in range(n)):\n        "
            "primes.append(n)\nlen(primes)",
            "ZeroDivisionError", "integer modulo by zero", 3},
};
constexpr std::array kReportMistakes{
    Mistake{"print(\"合計 %d 点\" % \"total\")", "TypeError",
            "%d format: a real number is required, not str", 1},
    Mistake{"print(\"合計\", total \"点\")", "SyntaxError",
            "invalid syntax. Perhaps you forgot a comma? (1234567890.py, line 1)", 1},
};

constexpr std::array<LessonCell, 26> kCells{{
    {"6f1c2a10-0001-4c3e-9a01-5b1e00000001",
     "markdown",
     "# 第3回 データ処理の基礎 🐍\nこのノートブックを上から順に実行しましょう。",
     "",
     "",
     3,
     {}},
    {"6f1c2a10-0002-4c3e-9a01-5b1e00000002", "code",
     "import math\nimport statistics\nfrom collections import Counter", "", "", 12,
     kImportMistakes},
    {"6f1c2a10-0003-4c3e-9a01-5b1e00000003", "code",
     "temperatures = [21.5, 23.0, 19.8, 25.2, 22.1, 18.9, 24.4]\ntemperatures",
     "[21.5, 23.0, 19.8, 25.2, 22.1, 18.9, 24.4]", "", 4, kTemperatureMistakes},
    {"6f1c2a10-0004-4c3e-9a01-5b1e00000004", "code",
     "average = sum(temperatures) / len(temperatures)\naverage", "22.128571428571426", "", 3,
     kAverageMistakes},
    {"6f1c2a10-0005-4c3e-9a01-5b1e00000005", "code",
     "last = temperatures[-1]\nprint(\"最終日:\", last)", "", "最終日: 24.4\n", 3,
     kLastDayMistakes},
    {"6f1c2a10-0006-4c3e-9a01-5b1e00000006", "code", "print(f\"平均気温は {average:.1f} 度です\")",
     "", "平均気温は 22.1 度です\n", 3, kFormatMistakes},
    {"6f1c2a10-0007-4c3e-9a01-5b1e00000007",
     "markdown",
     "## 繰り返し\n`for` 文で一日ずつ表示します。",
     "",
     "",
     3,
     {}},
    {"6f1c2a10-0008-4c3e-9a01-5b1e00000008", "code",
     "for day, value in enumerate(temperatures, start=1):\n    print(day, value)", "",
     "1 21.5\n2 23.0\n3 19.8\n4 25.2\n5 22.1\n6 18.9\n7 24.4\n", 5, kLoopMistakes},
    {"6f1c2a10-0009-4c3e-9a01-5b1e00000009", "code",
     "hot = [t for t in temperatures if t > average]\nhot", "[23.0, 25.2, 24.4]", "", 3,
     kFilterMistakes},
    {"6f1c2a10-0010-4c3e-9a01-5b1e00000010",
     "code",
     "statistics.stdev(temperatures), math.floor(average)",
     "(2.290664836171715, 22)",
     "",
     6,
     {}},
    {"6f1c2a10-0011-4c3e-9a01-5b1e00000011",
     "markdown",
     "## 辞書\n教科の点数を辞書で扱います。",
     "",
     "",
     2,
     {}},
    {"6f1c2a10-0012-4c3e-9a01-5b1e00000012", "code",
     "scores = {\"国語\": 72, \"数学\": 88, \"英語\": 65}\nscores[\"数学\"]", "88", "", 3,
     kDictMistakes},
    {"6f1c2a10-0013-4c3e-9a01-5b1e00000013", "code", "scores[\"理科\"] = 91\nscores",
     "{'国語': 72, '数学': 88, '英語': 65, '理科': 91}", "", 3, kUpdateMistakes},
    {"6f1c2a10-0014-4c3e-9a01-5b1e00000014", "code", "total = sum(scores.values())\ntotal", "316",
     "", 3, kTotalMistakes},
    {"6f1c2a10-0015-4c3e-9a01-5b1e00000015", "code",
     "def grade(point):\n    if point >= 80:\n        return \"A\"\n    return \"B\"\n\n{name: "
     "grade(p) for name, p in scores.items()}",
     "{'国語': 'B', '数学': 'A', '英語': 'B', '理科': 'A'}", "", 4, kGradeMistakes},
    {"6f1c2a10-0016-4c3e-9a01-5b1e00000016", "code",
     "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    "
     "return a\n\nfibonacci(20)",
     "6765", "", 4, kFibonacciMistakes},
    {"6f1c2a10-0017-4c3e-9a01-5b1e00000017",
     "code",
     "text = \"名前,点数\\n太郎,80\\n花子,95\\n次郎,67\"\nprint(text)",
     "",
     "名前,点数\n太郎,80\n花子,95\n次郎,67\n",
     3,
     {}},
    {"6f1c2a10-0018-4c3e-9a01-5b1e00000018", "code",
     "rows = [line.split(\",\") for line in text.splitlines()[1:]]\nrecords = [(name, int(points)) "
     "for name, points in rows]\nrecords",
     "[('太郎', 80), ('花子', 95), ('次郎', 67)]", "", 4, kParseMistakes},
    {"6f1c2a10-0019-4c3e-9a01-5b1e00000019", "code",
     "sorted(records, key=lambda r: r[1], reverse=True)",
     "[('花子', 95), ('太郎', 80), ('次郎', 67)]", "", 3, kSortMistakes},
    {"6f1c2a10-0020-4c3e-9a01-5b1e00000020", "code",
     "class Student:\n    def __init__(self, name, points):\n        self.name = name\n        "
     "self.points = points\n\ntaro = Student(\"太郎\", 80)\ntaro.points",
     "80", "", 4, kClassMistakes},
    {"6f1c2a10-0021-4c3e-9a01-5b1e00000021", "code", "", "", "", 1, {}},
    {"6f1c2a10-0022-4c3e-9a01-5b1e00000022", "code",
     "with open(\"data/scores.csv\", encoding=\"utf-8\") as f:\n    print(f.read())", "",
     "名前,点数\n太郎,80\n花子,95\n", 18, kFileMistakes},
    {"6f1c2a10-0023-4c3e-9a01-5b1e00000023", "code",
     "primes = []\nfor n in range(2, 2000):\n    if all(n % p for p in primes):\n        "
     "primes.append(n)\nlen(primes)",
     "303", "", 240, kPrimeMistakes},
    {"6f1c2a10-0024-4c3e-9a01-5b1e00000024",
     "code",
     "import time\nfor step in range(3):\n    time.sleep(1)\n    print(f\"計算中… {step + 1}/3\")",
     "",
     "計算中… 1/3\n計算中… 2/3\n計算中… 3/3\n",
     3010,
     {}},
    {"6f1c2a10-0025-4c3e-9a01-5b1e00000025", "code", "print(f\"合計 {total} 点\")", "",
     "合計 316 点\n", 3, kReportMistakes},
    {"6f1c2a10-0026-4c3e-9a01-5b1e00000026",
     "markdown",
     "お疲れさまでした。最後に保存してください。 🎉",
     "",
     "",
     2,
     {}},
}};

constexpr std::array kSnippets{
    Snippet{"help(len)", ""},
    Snippet{"dir(str)[:5]", "['__add__', '__class__', '__contains__', '__delattr__', '__dir__']"},
    Snippet{"[x ** 2 for x in range(10)]", "[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]"},
    Snippet{"\"こんにちは\"[::-1]", "'はちにんこ'"},
    Snippet{"sum(range(101))", "5050"},
    Snippet{"{\"a\": 1} | {\"b\": 2}", "{'a': 1, 'b': 2}"},
    Snippet{"import random\nrandom.seed(1)\nrandom.randint(1, 6)", "2"},
    Snippet{"list(zip(\"abc\", [1, 2, 3]))", "[('a', 1), ('b', 2), ('c', 3)]"},
    Snippet{"%timeit sum(range(100))", ""},
    Snippet{"print(\"😀\" * 5)", ""},
    Snippet{"from datetime import date\ndate(2026, 4, 1).weekday()", "2"},
    Snippet{"\"a,b,c\".split(\",\")", "['a', 'b', 'c']"},
};

constexpr std::array kScratchMistakes{
    Mistake{"foo(3)", "NameError", "name 'foo' is not defined", 1},
    Mistake{"\"3\" + 4", "TypeError", "can only concatenate str (not \"int\") to str", 1},
    Mistake{"[1, 2, 3][5]", "IndexError", "list index out of range", 1},
    Mistake{"{\"a\": 1}[\"b\"]", "KeyError", "'b'", 1},
    Mistake{
        "print \"hello\"", "SyntaxError",
        "Missing parentheses in call to 'print'. Did you mean print(...)? (1234567890.py, line 1)",
        1},
    Mistake{"1 / 0", "ZeroDivisionError", "division by zero", 1},
    Mistake{"int(\"十\" + \"二\")", "ValueError", "invalid literal for int() with base 10: '十二'",
            1},
};

}  // namespace

std::span<const LessonCell> lesson_cells() {
    return kCells;
}
std::span<const Snippet> scratch_snippets() {
    return kSnippets;
}
std::span<const Mistake> scratch_mistakes() {
    return kScratchMistakes;
}

std::string_view endless_code() {
    return "count = 0\nwhile count < 10:\n    total = total + count\nprint(total)";
}

}  // namespace cellmon::harness
