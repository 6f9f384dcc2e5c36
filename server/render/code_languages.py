"""The languages whose code is highlighted, by their Pygments names.

A list, since some of Pygments' lexers take minutes on ordinary repetitive text (HtmlDjangoLexer on many `#{`). Whatever
these take, `highlight_worker` ends in time.
"""

# fmt: off
LANGUAGES = frozenset(
    {
        "abap", "ada", "apacheconf", "applescript", "arduino", "asm", "awk", "bash", "bat", "batch", "bnf", "c",
        "c#", "c++", "clojure", "cmake", "cobol", "coffeescript", "common-lisp", "console", "cpp", "crystal",
        "cs", "csharp", "css", "cuda", "d", "dart", "delphi", "diff", "docker", "dockerfile", "doscon", "dot",
        "ebnf", "elisp", "elixir", "erb", "erl", "erlang", "fish", "forth", "fortran", "fsharp", "gas",
        "gdscript", "glsl", "gnuplot", "go", "golang", "graphql", "groovy", "haml", "haskell", "hcl", "hlsl",
        "hs", "html", "html+php", "http", "ini", "java", "javascript", "jinja", "jl", "js", "json", "json5",
        "jsx", "julia", "kotlin", "latex", "less", "lisp", "llvm", "lua", "make", "makefile", "markdown",
        "mathematica", "matlab", "md", "mysql", "nasm", "nginx", "nim", "nix", "objc", "objective-c",
        "objectivec", "ocaml", "octave", "pascal", "perl", "php", "pl", "plpgsql", "postgres", "postgresql",
        "powershell", "prolog", "properties", "proto", "protobuf", "ps1", "pug", "py", "pycon", "pytb",
        "python", "python3", "qml", "r", "racket", "rb", "rs", "rst", "ruby", "rust", "sass", "scala", "scheme",
        "scss", "sed", "sh", "shell", "smalltalk", "solidity", "sql", "sqlite3", "swift", "systemverilog",
        "tcl", "terraform", "tex", "toml", "ts", "tsx", "typescript", "udiff", "v", "vb.net", "verilog", "vhdl",
        "vim", "vue", "xml", "yaml", "yml", "zig", "zsh",
    }
)
# fmt: on
