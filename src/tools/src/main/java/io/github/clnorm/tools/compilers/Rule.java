package io.github.clnorm.tools.compilers;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the machine code of every kernel must fulfil. */
enum Rule {
    /** It compiles. */
    BUILD {
        @Override
        Optional<String> broken(KernelFacts facts) {
            return facts.compiled().built()
                    ? Optional.empty()
                    : Optional.of(String.join("; ", facts.compiled().messages()));
        }
    },
    /** The compiler has nothing to say. */
    WARNING {
        @Override
        Optional<String> broken(KernelFacts facts) {
            return facts.compiled().messages().isEmpty()
                    ? Optional.empty()
                    : Optional.of(String.join("; ", facts.compiled().messages()));
        }
    },
    /** No array or register is in memory. Scalar registers in lanes of vector registers are not. */
    SCRATCH {
        @Override
        Optional<String> broken(KernelFacts facts) {
            Resources resources = facts.compiled().resources();
            return resources.scratchBytes() == 0 && resources.spills() == 0
                    ? Optional.empty()
                    : Optional.of(resources.scratchBytes() + " bytes of scratch, " + resources.spills() + " spills");
        }
    },
    /** The main loops read and write vectors where the plan has vectors. */
    VECTORS {
        @Override
        Optional<String> broken(KernelFacts facts) {
            KernelBuild build = facts.planned().build();
            if (build.vectorWidth() == 1) {
                return Optional.empty();
            }
            Map<String, Map<Integer, Integer>> narrow = new TreeMap<>();
            if (PathFacts.isNarrow(facts.read().loads(), build.accessBytes())) {
                narrow.put("loads", facts.read().loads());
            }
            if (build.writesTensor() && PathFacts.isNarrow(facts.write().stores(), build.accessBytes())) {
                narrow.put("stores", facts.write().stores());
            }
            return narrow.isEmpty()
                    ? Optional.empty()
                    : Optional.of("accesses by bytes: " + narrow + " where vectors have " + build.accessBytes());
        }
    },
    /** As many vectors are loaded at a time as the kernel is written for. */
    LOADS {
        @Override
        Optional<String> broken(KernelFacts facts) {
            KernelBuild build = facts.planned().build();
            int expected = build.loadsAtOnce();
            double least = facts.read().inFlight();
            if (build.writesTensor() && facts.write().loadBytes() > 0) {
                least = Math.min(least, facts.write().inFlight());
            }
            return least >= expected
                    ? Optional.empty()
                    : Optional.of(
                            String.format(Locale.ROOT, "%.1f loads in flight, %d by the kernel", least, expected));
        }
    },
    /** No loop divides 64-bit integers. */
    DIVISION {
        @Override
        Optional<String> broken(KernelFacts facts) {
            return facts.divisions() == 0
                    ? Optional.empty()
                    : Optional.of(facts.divisions() + " divisions of 64-bit integers inside loops");
        }
    },
    /** A unit holds as many work-groups as the model assumes. */
    OCCUPANCY {
        @Override
        Optional<String> broken(KernelFacts facts) {
            return facts.scarce().stream().findFirst().map(use -> {
                Residency residency = use.residency().orElseThrow();
                Resources resources = facts.compiled().resources();
                return String.format(
                        Locale.ROOT,
                        "a unit holds %d work-groups, %d by the model: %d registers, %d by the model, in %d of %d passes",
                        residency.actual(resources, resources.localBytes() + use.localBytes()),
                        residency.assumed(),
                        resources.registers(),
                        residency.launch().group().registers(),
                        facts.scarce().size(),
                        facts.planned().uses().size());
            });
        }
    };

    /** Whether it judges what an assembler says. */
    boolean needsResources() {
        return this == SCRATCH || this == OCCUPANCY;
    }

    /**
     * How a kernel breaks the rule.
     *
     * @param facts of a kernel that was built, except for {@link #BUILD}
     * @return the figures, or empty if it keeps the rule
     */
    abstract Optional<String> broken(KernelFacts facts);
}
