package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.plan.PackedPlan;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.ResidentPlan;
import io.github.clnorm.internal.plan.SecondRead;
import io.github.clnorm.internal.plan.SplitPlan;
import io.github.clnorm.internal.plan.Strategy;
import io.github.clnorm.internal.plan.TiledPlan;
import io.github.clnorm.internal.plan.WholeSetsPlan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The form of plans in tuning files, format 1: the same parameters for every strategy. Numbers that a strategy does not have
 * are 1, switches are false. Only plans that hold sets in registers have the switch for that, and only plans in several
 * turns have their number.
 */
final class PlanParts {

    private static final String STRATEGY = "strategy";
    private static final String WORK_GROUP_SIZE = "workGroupSize";
    private static final String VECTOR_WIDTH = "vectorWidth";
    private static final String BLOCKS_PER_PART = "blocksPerPart";
    private static final String SETS_PER_TEAM = "setsPerTeam";
    private static final String KEEP_SET = "keepSet";
    private static final String MERGE_ONCE = "mergeOnce";
    private static final String REGISTERS = "registers";
    private static final String TURNS = "turns";
    private static final String NON_TEMPORAL = "nonTemporal";

    private PlanParts() {}

    /** The parameters of a plan, in the order of files. */
    static Map<String, Object> of(Plan plan) {
        SplitPlan split = plan instanceof SplitPlan some ? some : null;
        WholeSetsPlan whole = plan instanceof WholeSetsPlan some ? some : null;
        Map<String, Object> parts = new LinkedHashMap<>();
        parts.put(STRATEGY, plan.strategy().toString());
        parts.put(WORK_GROUP_SIZE, plan.workGroupSize());
        parts.put(VECTOR_WIDTH, plan.vectorWidth());
        parts.put(BLOCKS_PER_PART, split != null ? split.blocksPerPart() : 1);
        parts.put(SETS_PER_TEAM, whole != null ? whole.setsInTurn() : 1);
        parts.put(KEEP_SET, readsFrom(whole, SecondRead.LOCAL));
        parts.put(MERGE_ONCE, split != null && split.mergeLaunch() || whole != null && whole.parameterLaunch());
        parts.put(NON_TEMPORAL, plan.nonTemporal());
        if (readsFrom(whole, SecondRead.REGISTERS)) {
            parts.put(REGISTERS, true);
        }
        if (split != null && split.turns() > 1) {
            parts.put(TURNS, split.turns());
        }
        return parts;
    }

    /**
     * The plan of some parameters. Missing numbers are 1, missing switches false. Unknown parameters are ignored, and those
     * that the strategy does not have.
     *
     * @throws IllegalArgumentException if they are not a plan
     */
    static Plan plan(Map<String, ?> parts) {
        Strategy strategy = strategy(parts);
        int group = number(parts, WORK_GROUP_SIZE);
        int width = number(parts, VECTOR_WIDTH);
        int blocks = number(parts, BLOCKS_PER_PART);
        int sets = number(parts, SETS_PER_TEAM);
        SecondRead from = secondRead(parts);
        boolean once = isOn(parts, MERGE_ONCE);
        boolean bypass = isOn(parts, NON_TEMPORAL);
        return switch (strategy) {
            case RESIDENT -> new ResidentPlan(group, width, sets, from, once, bypass);
            case PACKED -> new PackedPlan(group, width, sets, from, once, bypass);
            case SPLIT -> new SplitPlan(group, width, blocks, once, number(parts, TURNS), bypass);
            case TILED -> new TiledPlan(group, width, bypass);
        };
    }

    private static boolean readsFrom(WholeSetsPlan whole, SecondRead from) {
        return whole != null && whole.secondRead() == from;
    }

    private static SecondRead secondRead(Map<String, ?> parts) {
        boolean keep = isOn(parts, KEEP_SET);
        return isOn(parts, REGISTERS) ? SecondRead.REGISTERS : keep ? SecondRead.LOCAL : SecondRead.GLOBAL;
    }

    private static Strategy strategy(Map<String, ?> parts) {
        Object value = parts.get(STRATEGY);
        return Arrays.stream(Strategy.values())
                .filter(strategy -> strategy.toString().equals(value))
                .findFirst()
                .orElseThrow(() -> wrong(STRATEGY, value));
    }

    private static int number(Map<String, ?> parts, String name) {
        Object value = parts.get(name);
        if (value == null) {
            return 1;
        }
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        throw wrong(name, value);
    }

    private static boolean isOn(Map<String, ?> parts, String name) {
        Object value = parts.get(name);
        if (value == null || value instanceof Boolean) {
            return value != null && (Boolean) value;
        }
        throw wrong(name, value);
    }

    private static IllegalArgumentException wrong(String name, Object value) {
        return new IllegalArgumentException("a plan's " + name + " cannot be " + value);
    }
}
