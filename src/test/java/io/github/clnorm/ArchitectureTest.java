package io.github.clnorm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** A call walks one way: modules, tuning, geometry, plan, runtime, device; the command line stands on top. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.github.clnorm");

    @Test
    void onlyTheOpenClPortAndDeviceKnowJocl() {
        // Backend.on takes an application's own context and queue, which only JOCL's types can name.
        noClasses()
                .that()
                .resideOutsideOfPackages("..runtime.opencl..", "..device..")
                .and()
                .doNotBelongToAnyOf(Backend.class)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.jocl..")
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandLineAndItsReportsKnowTheirLibraries() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..cli..", "..report..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("picocli..", "com.fasterxml..", "com.samskivert..")
                .check(CLASSES);
    }

    @Test
    void callsWalkOneWay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("cli").definedBy("io.github.clnorm.cli..")
                .layer("modules").definedBy("io.github.clnorm")
                .layer("runtime").definedBy("io.github.clnorm.runtime..")
                .layer("plan").definedBy("io.github.clnorm.plan..")
                .layer("geometry").definedBy("io.github.clnorm.geometry..")
                .layer("device").definedBy("io.github.clnorm.device..")
                .layer("reference").definedBy("io.github.clnorm.reference..")
                .layer("conformance").definedBy("io.github.clnorm.conformance..")
                .layer("measure").definedBy("io.github.clnorm.measure..")
                .layer("compare").definedBy("io.github.clnorm.compare..")
                .layer("report").definedBy("io.github.clnorm.report..")
                .layer("timing").definedBy("io.github.clnorm.timing..")
                .layer("tune").definedBy("io.github.clnorm.tune..")
                .layer("json").definedBy("io.github.clnorm.json..")
                .layer("type").definedBy("io.github.clnorm.type..")
                .layer("cache").definedBy("io.github.clnorm.cache..")
                .layer("files").definedBy("io.github.clnorm.files..")
                .layer("tensorfile").definedBy("io.github.clnorm.tensorfile..")
                .whereLayer("cli").mayNotBeAccessedByAnyLayer()
                .whereLayer("conformance").mayOnlyBeAccessedByLayers("cli")
                .whereLayer("measure").mayOnlyBeAccessedByLayers("compare", "report", "cli")
                .whereLayer("compare").mayOnlyBeAccessedByLayers("report", "cli")
                .whereLayer("compare").mayOnlyAccessLayers("measure", "timing")
                .whereLayer("report").mayOnlyBeAccessedByLayers("cli")
                .whereLayer("report").mayOnlyAccessLayers("compare", "measure", "timing")
                .whereLayer("modules").mayOnlyBeAccessedByLayers("conformance", "measure", "cli")
                .whereLayer("tune").mayOnlyBeAccessedByLayers("modules", "measure", "cli")
                .whereLayer("timing").mayOnlyBeAccessedByLayers("tune", "measure", "compare", "report", "cli")
                .whereLayer("timing").mayNotAccessAnyLayer()
                .whereLayer("runtime").mayOnlyBeAccessedByLayers("tune", "modules", "conformance", "measure", "cli")
                .whereLayer("plan").mayOnlyBeAccessedByLayers("runtime", "tune", "modules", "measure", "cli")
                .whereLayer("geometry")
                .mayOnlyBeAccessedByLayers(
                        "plan", "runtime", "tune", "modules", "tensorfile", "conformance", "measure", "cli")
                .whereLayer("reference").mayOnlyBeAccessedByLayers("conformance", "measure", "cli")
                .whereLayer("type").mayNotAccessAnyLayer()
                .whereLayer("cache").mayNotAccessAnyLayer()
                .whereLayer("files").mayOnlyBeAccessedByLayers("runtime", "tune", "tensorfile", "cli")
                .whereLayer("files").mayNotAccessAnyLayer()
                .whereLayer("tensorfile").mayOnlyBeAccessedByLayers("conformance", "cli")
                .check(CLASSES);
    }

    @Test
    void noCycles() {
        SlicesRuleDefinition.slices().matching("io.github.clnorm.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
