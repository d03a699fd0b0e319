package io.github.clnorm.tools.measure;

import static io.github.clnorm.NormSpec.Kind.LAYER_NORM;

import io.github.clnorm.type.Activation;
import java.util.List;

/**
 * What diffusion models normalize. The sources of the numbers:
 *
 * <ul>
 *   <li>SDXL: Stability-AI/generative-models, {@code configs/inference/sd_xl_base.yaml}: {@code model_channels} 320,
 *       {@code channel_mult} [1, 2, 4], {@code num_res_blocks} 2, {@code attention_resolutions} [4, 2]. An image of 1024 x
 *       1024 has latents of 128 x 128, because {@code ddconfig.ch_mult} [1, 2, 4, 4] halves three times. The levels have
 *       320, 640 and 1280 channels at 128, 64 and 32. A block on the way up also reads the channels of the way down: 2560,
 *       1920 and 960 are the widest of each level. The batch is 2, with and without the prompt, for guidance. A ResNet
 *       block computes GroupNorm of 32 groups, then SiLU; an attention block GroupNorm alone.
 *   <li>ADM, ImageNet 64 x 64: openai/guided-diffusion, {@code README.md}: {@code --image_size 64 --num_channels 192
 *       --use_scale_shift_norm True --batch_size 4}; {@code guided_diffusion/script_util.py}: {@code channel_mult} (1, 2,
 *       3, 4). The second norm of a ResNet block has a scale and a shift of the time step, then SiLU. SDXL's has none.
 *   <li>DiT-XL/2: facebookresearch/DiT, {@code models.py}: {@code hidden_size} 1152, {@code patch_size} 2, LayerNorm with
 *       {@code elementwise_affine=False} and {@code modulate}. Latents of 32 x 32 are 256 tokens, of 64 x 64 (images of
 *       512 x 512) 1024. The batches are 2, an image with guidance, and 8.
 * </ul>
 */
final class DiffusionWorkloads {

    private static final long GROUPS = 32;
    private static final Additions SILU = Additions.NONE.with(Activation.SILU);
    private static final Additions SCALE_SHIFT_SILU = SILU.withScaleShift();
    private static final Additions ADAPTIVE =
            Additions.NONE.with(Additions.Parameters.NO_PARAMETERS).withScaleShift();

    static final List<Workload> ALL = List.of(
            // SDXL: the ResNet blocks of the way down and the middle.
            groups(SILU, 2, 320, 128, 128),
            groups(SILU, 2, 640, 64, 64),
            groups(SILU, 2, 1280, 32, 32),
            // SDXL: those of the way up.
            groups(SILU, 2, 2560, 32, 32),
            groups(SILU, 2, 1920, 64, 64),
            groups(SILU, 2, 960, 128, 128),
            // SDXL: before attention.
            groups(Additions.NONE, 2, 640, 64, 64),
            groups(Additions.NONE, 2, 1280, 32, 32),
            // ADM.
            groups(SCALE_SHIFT_SILU, 4, 192, 64, 64),
            groups(SCALE_SHIFT_SILU, 4, 384, 32, 32),
            groups(SCALE_SHIFT_SILU, 4, 576, 16, 16),
            groups(SCALE_SHIFT_SILU, 4, 768, 8, 8),
            // DiT-XL/2.
            Workload.of(LAYER_NORM, 2, 256, 1152).with(ADAPTIVE),
            Workload.of(LAYER_NORM, 8, 256, 1152).with(ADAPTIVE),
            Workload.of(LAYER_NORM, 2, 1024, 1152).with(ADAPTIVE));

    private DiffusionWorkloads() {}

    private static Workload groups(Additions additions, long... dimensions) {
        return Workload.groupNorm(GROUPS, dimensions).with(additions);
    }
}
