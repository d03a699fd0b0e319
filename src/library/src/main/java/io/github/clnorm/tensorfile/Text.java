package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Formats names, excerpts and failures for one-line messages. */
final class Text {

    private static final int MAX_EXCERPT = 80;
    private static final int MAX_NAME = 40;
    private static final int MAX_NAMES = 4;
    // Control and format characters, lone surrogates, and separators of lines and paragraphs.
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private Text() {}

    static String oneLine(String text) {
        return UNPRINTABLE.matcher(text).replaceAll("?");
    }

    /** An excerpt of a file. */
    static String excerpt(String text) {
        return cut(text.strip(), MAX_EXCERPT);
    }

    /** A tensor's name. */
    static String name(String name) {
        return "'" + cut(name, MAX_NAME) + "'";
    }

    /** The first names, and the number of the others. */
    static String names(Collection<String> names) {
        String some = names.stream().limit(MAX_NAMES).map(Text::name).collect(Collectors.joining(", "));
        return names.size() > MAX_NAMES ? some + " and " + (names.size() - MAX_NAMES) + " more" : some;
    }

    private static String cut(String text, int longest) {
        // Cleaned after cutting, because the cut may leave half of a surrogate pair.
        return oneLine(text.length() > longest ? text.substring(0, longest) : text)
                + (text.length() > longest ? "..." : "");
    }

    /** The reason of a failure, without the name of the file. */
    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
