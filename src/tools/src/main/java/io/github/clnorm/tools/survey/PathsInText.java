package io.github.clnorm.tools.survey;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds paths in sentences by their form: absolute ones, ones that start with a dot or a tilde, and all others that end
 * with the name of a driver's file. A folder's name may have spaces if another separator follows in the same clause.
 */
final class PathsInText {

    private static final String SEPARATOR = "[/\\\\]";
    // Classes without groups: the stack of Java's matcher does not grow with the text.
    private static final String CHARACTER = "[^\\s/\\\\'\"`<>|,;:()]";
    private static final String ANY = "[^\\s'\"`<>|,;:()]*";
    // Windows has "Program Files (x86)".
    private static final Pattern PARENTHESES = Pattern.compile("\\(([\\w .-]{0,40})\\)(?=\\\\)");
    private static final String START =
            "(?:(?<![\\w.)\\]])(?:[A-Za-z]:|~|\\.{1,2})?[/\\\\]+(?=[^\\s/\\\\'\"`<>|,;:()]))";
    // Words that belong to a folder's name, since a separator follows. A word that starts a path of its own does not.
    private static final String AFTER_BLANKS =
            "(?:(?: +(?![/\\\\~]|\\.{1,2}[/\\\\]|[A-Za-z]:[/\\\\])" + CHARACTER + "+){1,6}" + SEPARATOR + ANY + ")";
    private static final String DRIVER = "\\.(?:so(?:\\.[\\d.]*\\d)?|icd|dll|dylib|jnilib)(?![\\w])";

    // A file's name ends the path: blanks after it do not belong to it.
    private static final Pattern ABSOLUTE = Pattern.compile(
            START + "(?:" + ANY + DRIVER + "|" + ANY + AFTER_BLANKS + "*?" + DRIVER + "|" + ANY + AFTER_BLANKS + "*)");
    private static final Pattern RELATIVE =
            Pattern.compile("(?<![^\\s'\"`<>|,;:()])" + ANY + SEPARATOR + CHARACTER + "*" + DRIVER);
    private static final Pattern QUOTED =
            Pattern.compile("(?<![\\w])(['\"`])([^'\"`\\n]*[/\\\\][^'\"`\\n]*)\\1(?![\\w])");
    private static final Pattern KEPT =
            Pattern.compile("[\\w.+-]+\\.(?:so(?:\\.[\\d.]*\\d)?|icd|dll|dylib|jnilib|cl|bc|h)");

    private PathsInText() {}

    /**
     * Removes the folders.
     *
     * @param text a sentence
     * @return the sentence with the file's name in place of a driver's file, and a word in place of other paths
     */
    static String remove(String text) {
        String cleaned = replace(QUOTED, text, match -> match.group(1) + ofQuoted(match.group(2)) + match.group(1));
        cleaned = PARENTHESES.matcher(cleaned).replaceAll("$1");
        cleaned = replace(ABSOLUTE, cleaned, match -> ofPath(match.group()));
        return replace(RELATIVE, cleaned, match -> ofPath(match.group()));
    }

    /** Whether a path has the name of a driver's file, which is not private. */
    static boolean isDriver(String path) {
        return path.matches("(?s).*" + DRIVER);
    }

    private static String replace(Pattern pattern, String text, Function<Matcher, String> with) {
        Matcher matcher = pattern.matcher(text);
        StringBuilder cleaned = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(cleaned, Matcher.quoteReplacement(with.apply(matcher)));
        }
        return matcher.appendTail(cleaned).toString();
    }

    /** Quotes are also around words that are no path, such as 'and/or'. */
    private static String ofQuoted(String text) {
        boolean isPath = text.matches("(?s)(?:[A-Za-z]:|~|\\.{1,2})?[/\\\\].*|.*" + SEPARATOR + ".*" + DRIVER);
        return isPath ? ofPath(text) : text;
    }

    /** The name of a driver's file without its folder; otherwise nothing of the path. */
    private static String ofPath(String path) {
        String file = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        Matcher matcher = KEPT.matcher(file);
        return matcher.lookingAt() ? matcher.group() : PrivateText.FOLDER;
    }
}
