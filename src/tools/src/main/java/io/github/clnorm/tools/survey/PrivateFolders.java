package io.github.clnorm.tools.survey;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folders that this process knows of, removed literally: a pattern cannot tell where a relative path or one with spaces
 * begins and ends. The paths go first, with their parents, then the single names of their folders.
 */
final class PrivateFolders {

    private static final List<String> VARIABLES = List.of(
            "OCL_ICD_VENDORS",
            "OCL_ICD_FILENAMES",
            "OPENCL_VENDOR_PATH",
            "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH",
            "LD_PRELOAD",
            "POCL_CACHE_DIR",
            "POCL_DEVICES_PATH",
            "CLNORM_CACHE",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "CUDA_CACHE_PATH",
            "CUDA_PATH",
            "CUDA_HOME",
            "ROCM_PATH",
            "ROCM_HOME",
            "MESA_SHADER_CACHE_DIR",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "PYTHONPATH",
            "PYTHONHOME",
            "TORCHINDUCTOR_CACHE_DIR",
            "TRITON_CACHE_DIR",
            "JAVA_HOME",
            "HOME",
            "USERPROFILE",
            "LOCALAPPDATA",
            "APPDATA",
            "PWD",
            "OLDPWD",
            "TMPDIR",
            "TEMP",
            "TMP");
    private static final List<String> PROPERTIES = List.of(
            "user.dir", "user.home", "java.io.tmpdir", "java.home", "clnorm.cache", "java.library.path", "jna.tmpdir");
    // Names that say nothing of a person or a project, and words of ordinary sentences.
    private static final Set<String> ORDINARY = Set.of(
            ("usr lib lib32 lib64 libx32 bin sbin etc opt var tmp temp home root mnt media srv run proc sys dev share local"
                            + " include src cache .cache .local .config config data users user program files windows"
                            + " system32 system appdata roaming library caches frameworks applications volumes private"
                            + " folders opencl vendors vendor icd icds driver drivers device devices platform loader kernel"
                            + " kernels x86_64-linux-gnu aarch64-linux-gnu i386-linux-gnu pocl mesa rusticl nvidia cuda rocm"
                            + " amd amdgpu intel intel-opencl apple gpu cpu java jdk jre jvm python python3 torch pytorch"
                            + " dist-packages site-packages main test tests tool tools target classes test-classes work"
                            + " workspace build out output project projects code github git repo repository repositories"
                            + " documents desktop downloads clnorm clnorm-bundle bundle survey folder file time memory t")
                    .split(" "));
    private static final int SHORTEST_NAME = 2;

    private final List<Pattern> paths;
    private final List<Pattern> insidePaths;
    private final List<Pattern> alone;

    private PrivateFolders(Collection<String> given, Collection<String> classPath) {
        Set<String> whole = new LinkedHashSet<>();
        Set<String> names = new TreeSet<>();
        Set<String> ofClasses = new TreeSet<>();
        given.forEach(path -> add(path, whole, names));
        classPath.forEach(path -> add(path, whole, ofClasses));
        paths = longestFirst(whole)
                .map(path -> pattern(isAbsolute(path) ? "%s" : "(?<![\\w-])%s(?![\\w-])", path))
                .toList();
        Set<String> all = new TreeSet<>(names);
        all.addAll(ofClasses);
        insidePaths = longestFirst(all)
                .map(name -> pattern("(?<=[/\\\\])%1$s(?![\\w-])|(?<![\\w-])%1$s(?=[/\\\\])", name))
                .toList();
        alone = longestFirst(names)
                .map(name -> pattern("(?<![\\w-])%s(?![\\w-])", name))
                .toList();
    }

    /** Those paths, and their parents. */
    static PrivateFolders of(Collection<String> paths) {
        return new PrivateFolders(paths, List.of());
    }

    /**
     * The folders of this process.
     *
     * @param environment its variables
     * @param property gives a system property; null if there is none
     */
    static PrivateFolders ofProcess(Map<String, String> environment, UnaryOperator<String> property) {
        List<String> given = Stream.concat(
                        VARIABLES.stream().map(environment::get),
                        PROPERTIES.stream().map(property))
                .flatMap(PrivateFolders::entries)
                .toList();
        return new PrivateFolders(
                given, entries(property.apply("java.class.path")).toList());
    }

    private static Stream<String> entries(String list) {
        // A Windows drive has a colon, too.
        return list == null ? Stream.of() : Arrays.stream(list.split("[;\"]|" + Pattern.quote(File.pathSeparator)));
    }

    private static void add(String given, Set<String> whole, Set<String> names) {
        if (given == null || given.isBlank()) {
            return;
        }
        String path = given.strip().replaceFirst("[/\\\\]+$", "");
        Set<String> forms = new LinkedHashSet<>(List.of(path));
        if (!isAbsolute(path)) {
            try {
                // What a loader prints may have no "./" at its start.
                forms.add(Path.of(path).normalize().toString());
            } catch (InvalidPathException e) {
                forms.add(path.replaceFirst("^(?:\\.{1,2}[/\\\\]+)+", ""));
            }
        }
        for (String form : forms) {
            List<String> parts = Arrays.stream(form.split("[/\\\\]+"))
                    .filter(part ->
                            !part.isEmpty() && !PathsInText.isDriver(part) && !part.matches("\\.{1,2}|[A-Za-z]:"))
                    .toList();
            parts.stream().filter(PrivateFolders::isPrivate).forEach(names::add);
            // The path and its parents, as long as they have a private name.
            for (String parent = PathsInText.isDriver(form) ? parent(form) : form;
                    parent != null;
                    parent = parent(parent)) {
                if (parent.split("[/\\\\]+").length > 1
                        && Arrays.stream(parent.split("[/\\\\]+")).anyMatch(PrivateFolders::isPrivate)) {
                    whole.add(parent);
                }
            }
        }
    }

    private static String parent(String path) {
        int end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
        return end <= 0 ? null : path.substring(0, end);
    }

    private static boolean isAbsolute(String path) {
        return path.matches("(?s)(?:[A-Za-z]:)?[/\\\\].*");
    }

    private static boolean isPrivate(String name) {
        return name.length() >= SHORTEST_NAME
                && name.chars().anyMatch(Character::isLetterOrDigit)
                && !name.matches("[\\d.]+|[A-Za-z]:")
                && !ORDINARY.contains(name.toLowerCase(Locale.ROOT));
    }

    private static Stream<String> longestFirst(Set<String> texts) {
        return texts.stream().sorted(Comparator.comparingInt(String::length).reversed());
    }

    private static Pattern pattern(String form, String text) {
        return Pattern.compile(form.formatted(Pattern.quote(text)), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    /** Puts a path without a private name and without spaces in place of each path, for the search for paths. */
    String simplify(String text) {
        String cleaned = replace(paths, text, "/folder");
        return replace(insidePaths, cleaned, "folder");
    }

    /** Removes what is left of the names. */
    String removeNames(String text) {
        return replace(alone, text, PrivateText.FOLDER);
    }

    private static String replace(List<Pattern> patterns, String text, String with) {
        String cleaned = text;
        for (Pattern pattern : patterns) {
            cleaned = pattern.matcher(cleaned).replaceAll(Matcher.quoteReplacement(with));
        }
        return cleaned;
    }
}
