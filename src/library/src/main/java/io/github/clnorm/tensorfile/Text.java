package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What files and systems say, made fit for one line of a message. */
final class Text {

    private static final int LONGEST_EXCERPT = 80;
    private static final int LONGEST_NAME = 40;
    private static final int MOST_NAMES = 4;
    // Controls, and what would turn or break the line: formats, lone surrogates, separators of lines and paragraphs.
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

    private Text() {}

    static String oneLine(String text) {
        return UNPRINTABLE.matcher(text).replaceAll("?");
    }

    /** A piece of somebody's file. */
    static String excerpt(String text) {
        return cut(text.strip(), LONGEST_EXCERPT);
    }

    /** A tensor's name. */
    static String name(String name) {
        return "'" + cut(name, LONGEST_NAME) + "'";
    }

    /** Some of the names, and how many more there are. */
    static String names(Collection<String> names) {
        String some = names.stream().limit(MOST_NAMES).map(Text::name).collect(Collectors.joining(", "));
        return names.size() > MOST_NAMES ? some + " and " + (names.size() - MOST_NAMES) + " more" : some;
    }

    private static String cut(String text, int longest) {
        // First cut, then cleaned: half a surrogate pair at the end is cleaned away.
        return oneLine(text.length() > longest ? text.substring(0, longest) : text)
                + (text.length() > longest ? "..." : "");
    }

    /** Why reading or writing failed, without the name of the file. */
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
