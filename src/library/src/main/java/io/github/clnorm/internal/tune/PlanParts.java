package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.plan.Plan;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A plan as the parameters that it is made of, by their names: what is stored, and what is varied. Whatever parameters
 * plans may have are taken from the record itself.
 */
final class PlanParts {

    private static final RecordComponent[] COMPONENTS = Plan.class.getRecordComponents();

    private PlanParts() {}

    /** Its parameters, in their order: whole numbers, booleans, and names in lower case. */
    static Map<String, Object> of(Plan plan) {
        Map<String, Object> parts = new LinkedHashMap<>();
        for (RecordComponent component : COMPONENTS) {
            Object value = value(plan, component);
            parts.put(component.getName(), value instanceof Enum<?> word ? lower(word) : value);
        }
        return parts;
    }

    /**
     * A plan of parameters. Those that are missing are 1, or false; those that plans do not have are left out.
     *
     * @throws IllegalArgumentException when they are no plan
     */
    static Plan plan(Map<String, ?> parts) {
        Object[] values = new Object[COMPONENTS.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = parsed(COMPONENTS[i], parts.get(COMPONENTS[i].getName()));
        }
        return plan(values);
    }

    /** The same plan with other values of some parameters; of those that plans do not have, nothing. */
    static Plan with(Plan plan, Map<String, ?> changes) {
        Object[] values = new Object[COMPONENTS.length];
        for (int i = 0; i < values.length; i++) {
            Object changed = changes.get(COMPONENTS[i].getName());
            values[i] = changed != null ? changed : value(plan, COMPONENTS[i]);
        }
        return plan(values);
    }

    /** The names of the parameters that are on or off. */
    static String[] switches() {
        return Arrays.stream(COMPONENTS)
                .filter(component -> component.getType() == boolean.class)
                .map(RecordComponent::getName)
                .toArray(String[]::new);
    }

    private static Object parsed(RecordComponent component, Object value) {
        Class<?> type = component.getType();
        if (type == boolean.class && (value == null || value instanceof Boolean)) {
            return value != null && (Boolean) value;
        }
        if (type == int.class && value == null) {
            return 1;
        }
        if (type == int.class && value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        if (type.isEnum() && value instanceof String word) {
            for (Object constant : type.getEnumConstants()) {
                if (lower((Enum<?>) constant).equals(word)) {
                    return constant;
                }
            }
        }
        throw new IllegalArgumentException("a plan's " + component.getName() + " cannot be " + value);
    }

    private static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT);
    }

    private static Object value(Plan plan, RecordComponent component) {
        try {
            return component.getAccessor().invoke(plan);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Plan plan(Object... values) {
        Class<?>[] types =
                Arrays.stream(COMPONENTS).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return Plan.class.getDeclaredConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw wrong;
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
