package io.github.clnorm.tools.compilers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.Activation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Needs neither a device nor a compiler. */
class PlannedKernelsTest {

    private static final Pattern KERNEL = Pattern.compile("__kernel\\b[^{;]*?\\b(\\w+)\\([^{;()]*\\)\\s*\\{");
    private static final Collection<PlannedKernel> ALL = PlannedKernels.of(Gpu.ALL, Set.of(Activation.NONE));

    private static Set<String> kernelsOfTheProject() throws IOException {
        Set<String> kernels = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("opencl"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".cl")).toList()) {
                Matcher matcher = KERNEL.matcher(Files.readString(file));
                while (matcher.find()) {
                    kernels.add(matcher.group(1));
                }
            }
        }
        return kernels;
    }

    /** But for the one that doctor tries a device with. */
    @Test
    void everyKernelIsCompiledForEveryTarget() throws IOException {
        Set<String> expected = kernelsOfTheProject();
        assertTrue(expected.size() >= 19, expected.toString());
        expected.remove("add");
        for (Target target : EnumSet.allOf(Target.class)) {
            assertEquals(
                    expected,
                    ALL.stream()
                            .filter(planned -> planned.target() == target)
                            .map(planned -> planned.build().kernel())
                            .collect(Collectors.toCollection(TreeSet::new)),
                    target.toString());
        }
    }

    @Test
    void everyStorageIsCompiledWhereTheDeviceHasIt() {
        for (Target target : EnumSet.allOf(Target.class)) {
            Set<String> storages = ALL.stream()
                    .filter(planned -> planned.target() == target)
                    .map(planned -> planned.build().storage())
                    .collect(Collectors.toSet());
            // Of the catalogue's GPUs, Intel's have no doubles.
            Set<String> expected = new TreeSet<>(Set.of("float32", "float16", "bfloat16", "float64"));
            if (target.maker() == Target.Maker.INTEL) {
                expected.remove("float64");
            }
            assertEquals(expected, storages, target.toString());
        }
    }

    @Test
    void theDefaultHasOneVariantOfEachKernelStorageAndTarget() {
        List<PlannedKernel> chosen = Selection.most(ALL);
        assertEquals(names(ALL), names(chosen));
        assertEquals(names(chosen).size(), chosen.size());
        assertTrue(chosen.size() < ALL.size());
    }

    private static Set<String> names(Collection<PlannedKernel> kernels) {
        return kernels.stream()
                .map(planned -> planned.target() + " " + planned.build().kernel() + " "
                        + planned.build().storage())
                .collect(Collectors.toSet());
    }

    @Test
    void passesNameTheKernelsThatTheyLaunch() {
        PlannedKernel kept = ALL.stream()
                .filter(planned -> planned.build().options().contains("KEEP_SET"))
                .findFirst()
                .orElseThrow();
        assertTrue(kept.localBytes() > 0);
        assertTrue(kept.uses().stream().anyMatch(use -> use.residency().isPresent()));
        assertTrue(kept.count() > 0);
        assertTrue(kept.example().matches(".+: .+ (forward|backward)"), kept.example());
    }

    @Test
    void activationsAddVariants() {
        Collection<PlannedKernel> more =
                PlannedKernels.of(Gpu.ALL.subList(0, 1), EnumSet.of(Activation.NONE, Activation.GELU));
        assertTrue(more.stream().anyMatch(planned -> planned.build().hasActivation()));
        assertTrue(ALL.stream().noneMatch(planned -> planned.build().hasActivation()));
    }
}
