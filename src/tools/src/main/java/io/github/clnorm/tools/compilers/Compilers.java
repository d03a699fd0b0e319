package io.github.clnorm.tools.compilers;

import io.github.clnorm.tools.compilers.Target.Maker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The compilers of this machine. Immutable once they are found. */
final class Compilers {

    /** Names the compilers that must be there, such as {@code clang,ocloc,ptxas}. */
    static final String REQUIRED = "CLNORM_REQUIRED_COMPILERS";

    private static final String CLANG = "clang";
    private static final String OCLOC = "ocloc";
    private static final Set<String> NAMES = Set.of(CLANG, OCLOC, NvidiaCompiler.PTXAS);

    private final Map<Maker, GpuCompiler> found = new EnumMap<>(Maker.class);
    // What is not there, and why.
    private final Map<String, String> missing = new LinkedHashMap<>();

    /**
     * Looks for the compilers.
     *
     * @param intel the folder of Intel's unpacked packages; null for the system's ocloc
     */
    static Compilers find(Path intel) {
        Compilers compilers = new Compilers();
        compilers.findClang();
        IntelCompiler ocloc = new IntelCompiler(intel);
        if (ocloc.runs()) {
            compilers.found.put(Maker.INTEL, ocloc);
        } else {
            compilers.missing.put(OCLOC, ocloc.command() + " was not found: no code for Intel's GPUs");
        }
        return compilers;
    }

    private void findClang() {
        boolean ptxas = ToolRun.succeeds(Map.of(), NvidiaCompiler.PTXAS, "--version");
        if (!ToolRun.succeeds(Map.of(), Clang.COMMAND, "--version")) {
            missing.put(CLANG, Clang.COMMAND + " was not found: no code for GPUs of AMD and NVIDIA");
        } else if (!Files.exists(Clang.AMD_LIBRARY) || !Files.exists(Clang.NVIDIA_LIBRARY)) {
            missing.put(
                    CLANG, Clang.AMD_LIBRARY.getParent() + " has no libclc for it: no code for GPUs of AMD and NVIDIA");
        } else {
            found.put(Maker.AMD, new AmdCompiler());
            found.put(Maker.NVIDIA, new NvidiaCompiler(ptxas));
        }
        if (!ptxas) {
            missing.put(
                    NvidiaCompiler.PTXAS,
                    "ptxas was not found: registers, spills and occupancy of NVIDIA's GPUs are not known");
        }
    }

    GpuCompiler of(Target target) {
        return found.get(target.maker());
    }

    boolean has(Target target) {
        return found.containsKey(target.maker());
    }

    /** A line for every compiler that is not there. */
    List<String> missing() {
        return List.copyOf(missing.values());
    }

    /**
     * The required compilers that are not there.
     *
     * @param required names with commas between them, as in {@link #REQUIRED}
     * @throws IllegalArgumentException if a name is unknown
     */
    List<String> missingOf(String required) {
        List<String> names = new ArrayList<>();
        for (String name : required.split(",")) {
            String word = name.strip();
            if (!word.isEmpty() && !NAMES.contains(word)) {
                throw new IllegalArgumentException(
                        REQUIRED + ": unknown compiler '" + word + "': expected some of " + new TreeSet<>(NAMES));
            }
            if (missing.containsKey(word)) {
                names.add(word);
            }
        }
        return names;
    }
}
