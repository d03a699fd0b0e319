package io.github.clnorm.tools.compilers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Violations that are accepted, from a file. A line has a rule, a target, a kernel and a storage, each of which may be
 * {@code *}, then optionally words of the variant with a plus sign before each, and after a colon the reason.
 */
final class KnownExceptions {

    private static final String ANY = "*";
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final int WORDS = 4;

    /**
     * An exception.
     *
     * @param line its line in the file
     * @param words rule, target, kernel, storage
     * @param macros that the variant has
     */
    record Entry(int line, List<String> words, List<String> macros) {

        private boolean covers(PlannedKernel planned) {
            KernelBuild build = planned.build();
            return is(1, planned.target().toString())
                    && is(2, build.kernel())
                    && is(3, build.storage())
                    && macros.stream().allMatch(macro -> build.options().contains("-D" + macro));
        }

        private boolean covers(Violation violation) {
            return is(0, violation.rule().toString()) && covers(violation.planned());
        }

        /** Whether the rule was checked. */
        private boolean isChecked(KernelFacts facts) {
            boolean known = !Resources.UNKNOWN.equals(facts.compiled().resources());
            return covers(facts.planned())
                    && (known
                            || !words.get(0).equals(ANY)
                                    && !Rule.valueOf(words.get(0)).needsResources());
        }

        private boolean is(int index, String word) {
            return words.get(index).equals(ANY) || words.get(index).equals(word);
        }

        @Override
        public String toString() {
            return "line " + line + ": " + String.join(" ", words)
                    + (macros.isEmpty() ? "" : " +" + String.join(" +", macros));
        }
    }

    private final List<Entry> entries;

    private KnownExceptions(List<Entry> entries) {
        this.entries = entries;
    }

    static KnownExceptions read(Path file) throws IOException {
        return of(Files.readAllLines(file));
    }

    /**
     * The exceptions of a file's lines.
     *
     * @throws IllegalArgumentException if a line is not an exception with a reason
     */
    static KnownExceptions of(List<String> lines) {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                entries.add(entry(i + 1, line));
            }
        }
        return new KnownExceptions(entries);
    }

    private static Entry entry(int number, String line) {
        int colon = line.indexOf(':');
        if (colon < 0 || line.substring(colon + 1).isBlank()) {
            throw new IllegalArgumentException("line " + number + " of the exceptions gives no reason after a colon");
        }
        List<String> words =
                new ArrayList<>(List.of(SPACES.split(line.substring(0, colon).strip())));
        List<String> macros = words.stream()
                .filter(word -> word.startsWith("+"))
                .map(word -> word.substring(1))
                .toList();
        words.removeIf(word -> word.startsWith("+"));
        if (words.size() != WORDS) {
            throw new IllegalArgumentException(
                    "line " + number + " of the exceptions is not a rule, a target, a kernel and a storage");
        }
        if (!words.get(0).equals(ANY)) {
            Rule.valueOf(words.get(0));
        }
        return new Entry(number, words, macros);
    }

    /** The violations that no exception covers. */
    List<Violation> remaining(Collection<Violation> violations) {
        return violations.stream()
                .filter(violation -> entries.stream().noneMatch(entry -> entry.covers(violation)))
                .toList();
    }

    /**
     * The exceptions that cover no violation though their kernels were compiled, and assembled if the rule needs that.
     *
     * @param violations all of them
     * @param compiled the kernels
     */
    List<Entry> unneeded(Collection<Violation> violations, Collection<KernelFacts> compiled) {
        return entries.stream()
                .filter(entry -> compiled.stream().anyMatch(entry::isChecked))
                .filter(entry -> violations.stream().noneMatch(entry::covers))
                .toList();
    }
}
