package io.github.clnorm.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.github.clnorm.Backend;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Rules that Maven's modules cannot enforce. Calls go in one direction: API, geometry, plan, tune, runtime, OpenCL
 * port.
 */
class ArchitectureTest {

    private static final String OPERATIONS =
            Stream.of(NormSpec.Kind.values()).map(Enum::name).collect(Collectors.joining("|"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(location -> !location.contains("test-classes") && !location.contains("-tests.jar"))
            .importPackages("io.github.clnorm");

    @Test
    void onlyTheOpenClPortAndDeviceImportJocl() {
        // Backend and Tensor take and give an application's own OpenCL objects, which only JOCL's types can name.
        noClasses()
                .that()
                .resideOutsideOfPackages("..internal.opencl..", "..internal.driver..", "..clnorm.device..")
                .and()
                .doNotBelongToAnyOf(Backend.class, Tensor.class)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.jocl..")
                .check(CLASSES);
    }

    @Test
    void internalPackagesAreReachedByTheLibraryAndItsToolsAlone() {
        classes()
                .that()
                .resideInAPackage("io.github.clnorm.internal..")
                .should()
                .onlyBeAccessed()
                .byAnyPackage(
                        "io.github.clnorm",
                        "io.github.clnorm.device",
                        "io.github.clnorm.tensorfile",
                        "io.github.clnorm.internal..",
                        "io.github.clnorm.tools..")
                .check(CLASSES);
    }

    @Test
    void theApiDoesNotShowTheToolsOrTheReference() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.github.clnorm",
                        "io.github.clnorm.device..",
                        "io.github.clnorm.tensorfile..",
                        "io.github.clnorm.type..",
                        "io.github.clnorm.internal..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.github.clnorm.tools..", "io.github.clnorm.reference..")
                .check(CLASSES);
    }

    @Test
    void theLibraryUsesJacksonOnlyForJsonAndSafetensors() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.github.clnorm",
                        "io.github.clnorm.device..",
                        "io.github.clnorm.type..",
                        "io.github.clnorm.internal..")
                .and()
                .resideOutsideOfPackage("io.github.clnorm.internal.json..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml..")
                .check(CLASSES);
    }

    @Test
    void theReferenceSharesNothingWithTheLibrary() {
        noClasses()
                .that()
                .resideInAPackage("io.github.clnorm.reference..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("io.github.clnorm.reference..", "java..")
                .check(CLASSES);
    }

    @Test
    void theLibraryWalksOneWay() {
        layers().layer("api")
                .definedBy("io.github.clnorm")
                .layer("runtime")
                .definedBy("io.github.clnorm.internal.runtime..")
                .layer("opencl")
                .definedBy("io.github.clnorm.internal.opencl..")
                .layer("plan")
                .definedBy("io.github.clnorm.internal.plan..")
                .layer("model")
                .definedBy("io.github.clnorm.internal.model..")
                .layer("geometry")
                .definedBy("io.github.clnorm.internal.geometry..")
                .layer("driver")
                .definedBy("io.github.clnorm.internal.driver..")
                .layer("team")
                .definedBy("io.github.clnorm.internal.team..")
                .layer("exact")
                .definedBy("io.github.clnorm.internal.exact..")
                .layer("tasks")
                .definedBy("io.github.clnorm.internal.tasks..")
                .layer("timing")
                .definedBy("io.github.clnorm.internal.timing..")
                .layer("tune")
                .definedBy("io.github.clnorm.internal.tune..")
                .layer("stream")
                .definedBy("io.github.clnorm.internal.stream..")
                .layer("fleet")
                .definedBy("io.github.clnorm.internal.fleet..")
                .layer("type")
                .definedBy("io.github.clnorm.type..")
                .layer("cache")
                .definedBy("io.github.clnorm.internal.cache..")
                .layer("files")
                .definedBy("io.github.clnorm.internal.files..")
                .layer("tensorfile")
                .definedBy("io.github.clnorm.tensorfile..")
                .layer("tools")
                .definedBy("io.github.clnorm.tools..")
                .whereLayer("tools")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("api")
                .mayOnlyBeAccessedByLayers("tools")
                .whereLayer("tensorfile")
                .mayOnlyBeAccessedByLayers("api", "tools")
                .whereLayer("fleet")
                .mayOnlyBeAccessedByLayers("api", "tools")
                .whereLayer("stream")
                .mayOnlyBeAccessedByLayers("fleet", "api", "tools")
                .whereLayer("tune")
                .mayOnlyBeAccessedByLayers("fleet", "api", "tools")
                .whereLayer("runtime")
                .mayOnlyBeAccessedByLayers("stream", "tune", "api", "tools")
                .whereLayer("opencl")
                .mayOnlyBeAccessedByLayers("runtime", "tune", "api", "tools")
                .whereLayer("team")
                .mayOnlyBeAccessedByLayers("opencl", "driver")
                .whereLayer("team")
                .mayNotAccessAnyLayer()
                .whereLayer("plan")
                .mayOnlyBeAccessedByLayers("runtime", "tune", "api", "tools")
                .whereLayer("model")
                .mayOnlyBeAccessedByLayers("plan", "tune", "tools")
                .whereLayer("geometry")
                .mayOnlyBeAccessedByLayers("plan", "runtime", "stream", "tune", "api", "tensorfile", "tools")
                .whereLayer("files")
                .mayOnlyBeAccessedByLayers("runtime", "tune", "fleet", "tensorfile", "tools")
                .whereLayer("type")
                .mayNotAccessAnyLayer()
                .whereLayer("cache")
                .mayNotAccessAnyLayer()
                .whereLayer("files")
                .mayNotAccessAnyLayer()
                .whereLayer("timing")
                .mayNotAccessAnyLayer()
                .whereLayer("exact")
                .mayNotAccessAnyLayer()
                .whereLayer("tasks")
                .mayNotAccessAnyLayer()
                .check(CLASSES);
    }

    @Test
    void theToolsWalkOneWay() {
        layers().layer("main")
                .definedBy("io.github.clnorm.tools")
                .layer("normalize")
                .definedBy("io.github.clnorm.tools.normalize..")
                .layer("bench")
                .definedBy("io.github.clnorm.tools.bench..")
                .layer("tune")
                .definedBy("io.github.clnorm.tools.tune..")
                .layer("verify")
                .definedBy("io.github.clnorm.tools.verify..")
                .layer("compare")
                .definedBy("io.github.clnorm.tools.compare..")
                .layer("machine")
                .definedBy("io.github.clnorm.tools.machine..")
                .layer("terminal")
                .definedBy("io.github.clnorm.tools.terminal..")
                .layer("conformance")
                .definedBy("io.github.clnorm.tools.conformance..")
                .layer("measure")
                .definedBy("io.github.clnorm.tools.measure..")
                .layer("comparison")
                .definedBy("io.github.clnorm.tools.comparison..")
                .layer("report")
                .definedBy("io.github.clnorm.tools.report..")
                .layer("tutorial")
                .definedBy("io.github.clnorm.tools.tutorial..")
                .layer("cluster")
                .definedBy("io.github.clnorm.tools.cluster..")
                .whereLayer("cluster")
                .mayNotBeAccessedByAnyLayer()
                .layer("survey")
                .definedBy("io.github.clnorm.tools.survey..")
                .whereLayer("survey")
                .mayOnlyBeAccessedByLayers("main")
                .layer("compilers")
                .definedBy("io.github.clnorm.tools.compilers..")
                .whereLayer("compilers")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("compilers")
                .mayOnlyAccessLayers("measure", "terminal")
                .whereLayer("tutorial")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("tutorial")
                .mayOnlyAccessLayers("machine", "terminal")
                .whereLayer("main")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("normalize")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("tune")
                .mayOnlyBeAccessedByLayers("main", "survey")
                .whereLayer("verify")
                .mayOnlyBeAccessedByLayers("main", "survey")
                .whereLayer("compare")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("bench")
                .mayOnlyBeAccessedByLayers("main", "tune", "survey", "cluster")
                .whereLayer("machine")
                .mayOnlyAccessLayers("terminal")
                .whereLayer("terminal")
                .mayNotAccessAnyLayer()
                .whereLayer("conformance")
                .mayNotAccessAnyLayer()
                .whereLayer("conformance")
                .mayOnlyBeAccessedByLayers("normalize", "verify", "survey")
                .whereLayer("measure")
                .mayNotAccessAnyLayer()
                .whereLayer("comparison")
                .mayOnlyAccessLayers("measure")
                .whereLayer("report")
                .mayOnlyAccessLayers("comparison", "measure")
                .whereLayer("report")
                .mayOnlyBeAccessedByLayers("bench", "compare", "cluster")
                .check(CLASSES);
    }

    /** A switch over an enum leaves a table with this name in the class file. */
    @Test
    void nothingSwitchesOverOperations() {
        noFields()
                .should()
                .haveNameContaining("$SwitchMap$io$github$clnorm$NormSpec$Kind")
                .because("a NormSpec is the one place that knows its operation")
                .check(CLASSES);
    }

    /** The class file does not tell a comparison from another use of a constant, so this reads the sources. */
    @Test
    void nothingComparesOperations() throws IOException {
        Pattern comparison = Pattern.compile("[!=]= (NormSpec\\.)?Kind\\.(" + OPERATIONS + ")\\b|\\bcase (" + OPERATIONS
                + ")\\b|equals\\((NormSpec\\.)?Kind\\.(" + OPERATIONS + ")\\b");
        assertTrue(comparison.matcher("kind == NormSpec.Kind.RMS_NORM").find());
        List<String> found = new ArrayList<>();
        int read = 0;
        for (String sources : List.of("src/library/src/main", "src/tools/src/main")) {
            try (Stream<Path> all = Files.walk(Path.of(sources))) {
                for (Path file :
                        all.filter(path -> path.toString().endsWith(".java")).toList()) {
                    read++;
                    comparison
                            .matcher(Files.readString(file))
                            .results()
                            .forEach(match -> found.add(file + ": " + match.group()));
                }
            }
        }
        assertTrue(read > 200, "sources found: " + read);
        assertEquals(List.of(), found, "a NormSpec is the one place that knows its operation");
    }

    @Test
    void noCycles() {
        // The device package is the public face of the driver package: each uses the other.
        SlicesRuleDefinition.slices()
                .matching("io.github.clnorm.internal.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
        SlicesRuleDefinition.slices()
                .matching("io.github.clnorm.tools.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void noTwoFilesHaveOneName() throws IOException {
        Map<String, List<Path>> files = new TreeMap<>();
        for (String sources : List.of("src", "bench")) {
            try (Stream<Path> all = Files.walk(Path.of(sources))) {
                all.filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> !file.endsWith("package-info.java"))
                        .forEach(file -> files.computeIfAbsent(
                                        file.getFileName().toString(), unused -> new ArrayList<>())
                                .add(file));
            }
        }
        assertTrue(files.size() > 300, "sources found: " + files.size());
        files.values().removeIf(same -> same.size() == 1);
        assertEquals(Map.of(), files);
    }

    /**
     * Within a module: several classes may have a nested {@code Builder} or {@code Status}, but no file has that name.
     */
    @Test
    void noNestedClassHasTheNameOfAFile() {
        Map<String, String> files = new HashMap<>();
        CLASSES.stream()
                .filter(JavaClass::isTopLevelClass)
                .forEach(file -> files.put(module(file) + file.getSimpleName(), file.getName()));
        Map<String, String> same = new TreeMap<>();
        CLASSES.stream()
                .filter(JavaClass::isNestedClass)
                .filter(nested -> files.containsKey(module(nested) + nested.getSimpleName()))
                .forEach(nested -> same.put(nested.getName(), files.get(module(nested) + nested.getSimpleName())));
        assertEquals(Map.of(), same);
    }

    private static String module(JavaClass of) {
        return Stream.of("tools", "reference")
                        .filter(name -> of.getPackageName().startsWith("io.github.clnorm." + name))
                        .findFirst()
                        .orElse("library")
                + ":";
    }

    private static LayeredArchitecture layers() {
        return Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
    }
}
