package io.github.clnorm.tensorfile;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The formats of tensor files, which the ending of a name determines. */
enum Format {
    /** One tensor. Names without another format's ending are read as this. */
    NPY(".npy", "\\.npy"),
    /** A zip archive of .npy files. */
    NPZ(".npz", "\\.npz"),
    SAFETENSORS(".safetensors", "\\.safetensors"),
    /** JSON that says which of several .safetensors files has a tensor; diffusers adds variants, such as fp16. */
    INDEX(".safetensors.index.json", "\\.safetensors\\.index(\\.[^./\\\\#]+)?\\.json");

    private static final Pattern NAMED =
            Pattern.compile("(" + NPZ.pattern + "|" + SAFETENSORS.pattern + "|" + INDEX.pattern + ")#");

    private final String ending;
    private final String pattern;
    private final Pattern atEnd;

    Format(String ending, String pattern) {
        this.ending = ending;
        this.pattern = pattern;
        this.atEnd = Pattern.compile(pattern + "\\z");
    }

    /** The format of a file with this name. */
    static Format of(String path) {
        for (Format format : values()) {
            if (format.isNamed(path)) {
                return format;
            }
        }
        return NPY;
    }

    /** Whether a name has the format's ending. */
    boolean isNamed(String path) {
        return atEnd.matcher(path).find();
    }

    /** The end of the file's name, where the # of a tensor's name follows; -1 if none does. */
    static int endOfFile(String specification) {
        Matcher named = NAMED.matcher(specification);
        return named.find() ? named.end() - 1 : -1;
    }

    /** Whether a file has any number of tensors, by name. */
    boolean hasNames() {
        return this != NPY;
    }

    /** How messages write a specification with a name. */
    String withName() {
        return "FILE" + ending + "#NAME";
    }

    @Override
    public String toString() {
        return ending;
    }
}
