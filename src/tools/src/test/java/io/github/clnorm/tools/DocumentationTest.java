package io.github.clnorm.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.tools.terminal.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README and the pages: each relative link leads somewhere, and each command and option exists. */
class DocumentationTest {

    private static final Path TOP = Path.of("").toAbsolutePath();
    private static final Set<String> NOT_PAGES = Set.of("target", "node_modules", ".git");

    private static final Pattern LINK = Pattern.compile("(?:]\\(|<img src=\")([^()\\s\"]+)[)\"]");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\R(.*?)^```");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern COMMAND = Pattern.compile("(?:^|[\\s/])clnorm +([a-z]+)\\b([^|#;&>]*)");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*[a-z]");

    // Options of other programs that the pages name.
    private static final Set<String> OF_OTHERS = Set.of("--enable-native-access");

    private static final List<String> COMMANDS =
            List.of("run", "grad", "devices", "doctor", "verify", "tune", "bench", "survey", "compare", "tutorial");
    // Commands that the launcher runs itself, with the file that reads their options.
    private static final Map<String, String> OF_LAUNCHER = Map.of(
            "test", "clnorm",
            "bundle", "bench/bundle",
            "site", "docs/site/build",
            "peers", "bench/src/main/java/io/github/clnorm/bench/peers/Peers.java");

    @Test
    void relativeLinksResolve() {
        List<String> broken = new ArrayList<>();
        forEachPage((page, text) -> {
            Matcher link = LINK.matcher(withoutCode(text));
            while (link.find()) {
                String problem = problem(page, link.group(1));
                if (problem != null) {
                    broken.add(TOP.relativize(page) + ": " + link.group(1) + " " + problem);
                }
            }
        });
        assertEquals(List.of(), broken);
    }

    @Test
    void commandsAndTheirOptionsExist() {
        Map<String, Set<String>> known = knownOptions();
        List<String> wrong = new ArrayList<>();
        forEachPage((page, text) -> commandLines(text).forEach(line -> {
            Matcher command = COMMAND.matcher(line);
            while (command.find()) {
                Set<String> options = known.get(command.group(1));
                if (options == null) {
                    wrong.add(TOP.relativize(page) + ": unknown command in: " + line);
                    continue;
                }
                Set<String> unknown = optionsIn(command.group(2));
                unknown.removeAll(options);
                if (!unknown.isEmpty()) {
                    wrong.add(TOP.relativize(page) + ": " + unknown + " in: " + line);
                }
            }
        }));
        assertEquals(List.of(), wrong);
    }

    @Test
    void optionsNamedAloneBelongToACommand() {
        Set<String> known = new TreeSet<>(OF_OTHERS);
        knownOptions().values().forEach(known::addAll);
        List<String> wrong = new ArrayList<>();
        forEachPage((page, text) -> CODE.matcher(withoutFences(text))
                .results()
                .map(code -> code.group(1))
                .filter(code -> code.startsWith("-"))
                .flatMap(code -> optionsIn(code).stream())
                .filter(option -> !known.contains(option))
                .forEach(option -> wrong.add(TOP.relativize(page) + ": " + option)));
        assertEquals(List.of(), wrong);
    }

    @Test
    void thereArePages() {
        assertTrue(pages().contains(TOP.resolve("README.md")), "tests run in the top folder: " + TOP);
        assertTrue(pages().contains(TOP.resolve("docs/index.md")));
    }

    /** Why a link of a page leads nowhere; null where it does not. */
    private static String problem(Path page, String target) {
        if (target.matches("[a-z]+:.*")) {
            return null;
        }
        int hash = target.indexOf('#');
        String path = URLDecoder.decode(hash < 0 ? target : target.substring(0, hash), StandardCharsets.UTF_8);
        Path file = path.isEmpty() ? page : page.getParent().resolve(path).normalize();
        if (!Files.exists(file)) {
            return "does not exist";
        }
        if (hash < 0 || !file.toString().endsWith(".md")) {
            return null;
        }
        return anchors(read(file)).contains(target.substring(hash + 1)) ? null : "has no such heading";
    }

    /** The anchors that GitHub makes of a page's headings. */
    private static Set<String> anchors(String text) {
        Set<String> anchors = new TreeSet<>();
        Map<String, Integer> seen = new HashMap<>();
        HEADING.matcher(withoutFences(text)).results().forEach(heading -> {
            String anchor = heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int before = seen.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        });
        return anchors;
    }

    /** Lines of shell examples, and code in sentences. */
    private static List<String> commandLines(String text) {
        List<String> lines = new ArrayList<>();
        FENCE.matcher(text)
                .results()
                .filter(fence -> fence.group(1).equals("sh"))
                .forEach(fence -> fence.group(2)
                        .replace("\\\n", " ")
                        .lines()
                        .map(String::strip)
                        .forEach(lines::add));
        CODE.matcher(withoutFences(text))
                .results()
                .map(code -> code.group(1).strip())
                .forEach(lines::add);
        return lines;
    }

    private static Map<String, Set<String>> knownOptions() {
        Map<String, Set<String>> known = new TreeMap<>();
        for (String command : COMMANDS) {
            StringWriter help = new StringWriter();
            int code = Main.execute(new PrintWriter(help), new PrintWriter(help), command, "--help");
            assertEquals(ExitCode.DONE, code, help.toString());
            assertFalse(optionsIn(help.toString()).isEmpty(), command);
            known.put(command, optionsIn(help.toString()));
        }
        OF_LAUNCHER.forEach((command, file) -> {
            Set<String> options = optionsIn(read(TOP.resolve(file)));
            options.add("--help");
            known.put(command, options);
        });
        return known;
    }

    private static Set<String> optionsIn(String text) {
        return OPTION.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String withoutFences(String text) {
        return FENCE.matcher(text).replaceAll("");
    }

    private static String withoutCode(String text) {
        // A link's text may be code: only what is in brackets counts.
        return CODE.matcher(withoutFences(text)).replaceAll("code");
    }

    private static void forEachPage(BiConsumer<Path, String> action) {
        pages().forEach(page -> action.accept(page, read(page)));
    }

    private static List<Path> pages() {
        try (Stream<Path> files = Files.walk(TOP)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> Stream.iterate(TOP.relativize(file), part -> part != null, Path::getParent)
                            .noneMatch(part ->
                                    NOT_PAGES.contains(part.getFileName().toString())))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
