package io.github.clnorm.tools.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.Activation;
import org.junit.jupiter.api.Test;

class AdditionsTest {

    private static void same(String words, Additions additions) {
        assertEquals(words, additions.toString());
        assertEquals(additions, Additions.parse(words));
    }

    @Test
    void wordsNameWhatIsNotPlain() {
        same("", Additions.NONE);
        same("silu", Additions.NONE.with(Activation.SILU));
        same("gelu_tanh", Additions.NONE.with(Activation.GELU_TANH));
        same("scale_shift silu", Additions.NONE.withScaleShift().with(Activation.SILU));
        same(
                "no_parameters scale_shift",
                Additions.NONE.with(Additions.Parameters.NO_PARAMETERS).withScaleShift());
        same(
                "residual weight_only weight_offset=1",
                Additions.NONE
                        .with(Additions.Parameters.WEIGHT_ONLY)
                        .withWeightOffset(1)
                        .withResidual());
        same("weight_offset=-0.25", Additions.NONE.withWeightOffset(-0.25));
    }

    @Test
    void theOrderOfWordsIsFree() {
        assertEquals(Additions.parse("residual weight_only silu"), Additions.parse("silu  weight_only residual "));
    }

    @Test
    void parametersAreThoseOfTheirName() {
        assertTrue(Additions.NONE.hasWeight() && Additions.NONE.hasBias());
        Additions weight = Additions.parse("weight_only");
        assertTrue(weight.hasWeight() && !weight.hasBias());
        Additions none = Additions.parse("no_parameters");
        assertTrue(!none.hasWeight() && !none.hasBias());
    }

    @Test
    void anUnknownWordIsRejected() {
        IllegalArgumentException unknown =
                assertThrows(IllegalArgumentException.class, () -> Additions.parse("residual tanh"));
        assertTrue(unknown.getMessage().contains("tanh"), unknown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Additions.parse("weight_offset=one"));
    }
}
