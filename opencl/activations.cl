// Activations, applied to the normalized value before it is stored.
//
//     relu(v) = max(v, 0)      silu(v) = v / (1 + e^-v)      gelu(v) = v * Phi(v), exact
//     gelu_tanh(v) = v / 2 * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 v^3))), an approximation of gelu
//
// The built-in exp and erf of some devices give other bits for vectors than for scalars, and results must not depend on
// the vector width. exp and erfc are therefore computed here, from operations that round alike for both.

#ifndef CLNORM_ACTIVATIONS_CL
#define CLNORM_ACTIVATIONS_CL

#include "types.cl"

#define NONE 0
#define RELU 1
#define SILU 2
#define GELU 3
#define GELU_TANH 4

// The activation of y.
#ifndef ACTIVATION
#define ACTIVATION NONE
#endif

#if ACTIVATION == SILU || ACTIVATION == GELU || ACTIVATION == GELU_TANH

// Beyond this value the logistic function and Phi are exactly 1 in real, and their tails 0.
#define FAR_OUT REAL(1e9)

#define LOG2_E REAL(1.4426950408889634)
// ln 2 = LN2_HI + LN2_LO. LN2_HI has few bits, so its product with an exponent is exact. exp_terms are those of P
// below.
#if STORAGE == FLOAT64
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define EXPONENT_BIAS 1023
#define FRACTION_BITS 52
#define EXP_OVERFLOWS 710.0
#define EXP_VANISHES -746.0
__constant real exp_terms[] = {0x1p-1,
                               0x1.5555555555557p-3,
                               0x1.5555555555557p-5,
                               0x1.11111111100dbp-7,
                               0x1.6c16c16c15a68p-10,
                               0x1.a01a01abe824dp-13,
                               0x1.a01a01a9e9aaep-16,
                               0x1.71de02312a642p-19,
                               0x1.27e4d4192b23bp-22,
                               0x1.af4dea43cc39ep-26,
                               0x1.1f7f27da618f1p-29};
#else
#define LN2_HI 0x1.63p-1f
#define LN2_LO -0x1.bd0106p-13f
#define EXPONENT_BIAS 127
#define FRACTION_BITS 23
#define EXP_OVERFLOWS 89.0f
#define EXP_VANISHES -104.0f
__constant real exp_terms[] = {0x1p-1f, 0x1.5554dcp-3f, 0x1.5554eap-5f, 0x1.120b74p-7f, 0x1.6d4328p-10f};
#endif
#define EXP_TERMS (sizeof(exp_terms) / sizeof(real))

// 2^exponent. The result must be a normal number.
CLNORM_INLINE realv power_of_two(const bitsv exponent)
{
    return CLNORM_JOIN(as_, vector(REAL_NAME))((exponent + EXPONENT_BIAS) << FRACTION_BITS);
}

// e^v with a relative error below 1.3e-7 (float) or 3e-16 (double). v = n ln(2) + r with |r| <= ln(2) / 2, and e^r = 1
// + r + r^2 P(r), with the terms of P from Chebyshev interpolation. The result is multiplied by 2^n in two steps, so
// that it overflows to infinity and underflows to 0.
CLNORM_INLINE realv exponential(const realv v)
{
    realv x = v > EXP_OVERFLOWS ? (realv)(EXP_OVERFLOWS) : v;
    x = x < EXP_VANISHES ? (realv)(EXP_VANISHES) : x;
    const realv n = rint(x * LOG2_E);
    const realv r = multiply_add(n, (realv)(-LN2_LO), multiply_add(n, (realv)(-LN2_HI), x));
    realv p = (realv)(exp_terms[EXP_TERMS - 1]);
#pragma unroll
    for (int i = (int)EXP_TERMS - 2; i >= 0; i--) {
        p = multiply_add(p, r, (realv)(exp_terms[i]));
    }
    p = multiply_add(r * r, p, r) + REAL(1.0);
    const bitsv exponent = CLNORM_JOIN(convert_, vector(BITS_NAME))(n);
    const bitsv first = exponent >> 1;
    return (p * power_of_two(first)) * power_of_two(exponent - first);
}
#endif

#if ACTIVATION == GELU
// The terms of (1 + 2z) e^(z^2) erfc(z), z >= 0, as a polynomial in (z - c) / (z + c) with c = ERFC_CENTRE. The
// function is smooth and lies between 1 and 1.28, so the relative error is small if e^(-z^2) is not 0: below 1.5e-7
// (float) or 4e-16 (double). The form is from Schonfelder, Math. Comp. 32, 1978, and the terms from Chebyshev
// interpolation.
#if STORAGE == FLOAT64
#define ERFC_CENTRE 3.0
__constant real erfc_terms[] = {
    0x1.40c522d7e4987p0,   -0x1.15c084bb9e8f1p-3,  -0x1.85a15c58aa4e9p-5,  0x1.098366a5b4618p-3,
    -0x1.e88b803a4a9c8p-4, 0x1.17ca2877f370ep-4,   -0x1.8574c40b62f3fp-6,  0x1.4b884e402f7e7p-9,
    0x1.ef1bdd09b8691p-10, -0x1.98db50a6a05a9p-11, -0x1.b91261c1d5519p-14, 0x1.065a30da18431p-13,
    0x1.4c22161ed2af0p-18, -0x1.513b02480f162p-16, -0x1.88528d098a436p-21, 0x1.d20b60bd50000p-19,
    0x1.7ddd481fa8380p-22, -0x1.4afdc03852431p-21, -0x1.2d5fec84efbb3p-23, 0x1.b51f82fe40f78p-24,
    0x1.5fe47f450025ep-25, -0x1.c88e9ec5ce596p-27, -0x1.18fb218142199p-27, 0x1.0dd6262d7276ap-30,
    0x1.c990f6cef2a78p-31};
#else
#define ERFC_CENTRE 2.0f
__constant real erfc_terms[] = {0x1.46e80ep0f,    -0x1.7bf5dap-4f,  -0x1.54081cp-3f, 0x1.4ff92ap-3f,
                                -0x1.bc1ab8p-5f,  -0x1.06c3fp-7f,   0x1.1cb9f4p-7f,  0x1.3f230ap-10f,
                                -0x1.6de04ep-10f, -0x1.774e8ap-12f, 0x1.513ac4p-13f, 0x1.09ca7p-14f};
#endif
#define ERFC_TERMS (sizeof(erfc_terms) / sizeof(real))
#define SQRT_HALF REAL(0.7071067811865476)

// 1 - Phi(|v|) = erfc(|v| / sqrt(2)) / 2, given bell = e^(-v^2 / 2). Nothing cancels. NaN if v is infinite.
CLNORM_INLINE realv upper_tail(const realv v, const realv bell)
{
    const realv z = fabs(v) * SQRT_HALF;
    const realv t = (z - ERFC_CENTRE) / (z + ERFC_CENTRE);
    realv p = (realv)(erfc_terms[ERFC_TERMS - 1]);
#pragma unroll
    for (int i = (int)ERFC_TERMS - 2; i >= 0; i--) {
        p = multiply_add(p, t, (realv)(erfc_terms[i]));
    }
    return bell * p / (z * REAL(2.0) + REAL(1.0)) * REAL(0.5);
}

// v * Phi(v).
CLNORM_INLINE realv gelu(const realv v)
{
    const realv tail = upper_tail(v, exponential((v * REAL(-0.5)) * v));
    return v < 0 ? v * tail : (v > FAR_OUT ? v : multiply_add(-v, tail, v));
}

// The derivative of gelu: Phi(v) + v * e^(-v^2 / 2) / sqrt(2 pi).
CLNORM_INLINE realv gelu_slope(const realv v)
{
    const realv bell = exponential((v * REAL(-0.5)) * v);
    const realv tail = upper_tail(v, bell);
    const realv slope = multiply_add(v * REAL(0.3989422804014327), bell, v < 0 ? tail : REAL(1.0) - tail);
    return v > FAR_OUT ? (realv)(1) : (v < -FAR_OUT ? (realv)(0) : slope);
}
#endif

#if ACTIVATION == GELU_TANH
// gelu_tanh(v) = v * logistic(w) with w = 2 sqrt(2 / pi) * (v + 0.044715 v^3), since (1 + tanh(u)) / 2 = logistic(2 u). For
// infinite v the cube is infinite with the sign of v, as w is.
#define TANH_LINEAR REAL(1.5957691216057308)
#define TANH_CUBIC REAL(0.07135481627260025)
// Beyond this value logistic(w) is exactly 1 in real, and e^w is 0 on the other side.
#define TANH_SATURATED REAL(30.0)

CLNORM_INLINE realv tanh_argument(const realv v)
{
    return v * multiply_add(v * v, (realv)(TANH_CUBIC), (realv)(TANH_LINEAR));
}

// The derivative of gelu_tanh: logistic(w) * (1 + v * (1 - logistic(w)) * dw/dv). It is 0 or 1 in real before v * dw/dv
// could overflow.
CLNORM_INLINE realv gelu_tanh_slope(const realv v)
{
    const realv near_ = v > TANH_SATURATED ? (realv)(TANH_SATURATED)
                                           : (v < -TANH_SATURATED ? (realv)(-TANH_SATURATED) : v);
    const realv inverse = exponential(-tanh_argument(near_));
    const realv logistic = REAL(1.0) / (inverse + REAL(1.0));
    const realv rest = near_ < 0 ? REAL(1.0) - logistic : inverse * logistic;
    const realv steepness = multiply_add(near_ * near_, (realv)(REAL(3.0) * TANH_CUBIC), (realv)(TANH_LINEAR));
    return logistic * multiply_add(near_ * steepness, rest, (realv)(1));
}
#endif

// The activation of VECTOR_WIDTH values.
CLNORM_INLINE realv activate(const realv v)
{
#if ACTIVATION == RELU
    return v < 0 ? (realv)(0) : v;
#elif ACTIVATION == SILU
    return v / (exponential(-v) + REAL(1.0));
#elif ACTIVATION == GELU
    return gelu(v);
#elif ACTIVATION == GELU_TANH
    return v / (exponential(-tanh_argument(v)) + REAL(1.0));
#else
    return v;
#endif
}

// The same for one value: the same bits.
CLNORM_INLINE real activate_one(const real v)
{
#if ACTIVATION == NONE
    return v;
#elif VECTOR_WIDTH == 1
    return activate(v);
#else
    return activate((realv)(v)).s0;
#endif
}

// dy times the derivative of the activation at v. The derivative of relu at 0 is 0, as in PyTorch.
CLNORM_INLINE realv activation_gradient(const realv dy, const realv v)
{
#if ACTIVATION == RELU
    return v <= 0 ? (realv)(0) : dy;
#elif ACTIVATION == SILU
    const realv inverse = exponential(-v);
    const realv logistic = REAL(1.0) / (inverse + REAL(1.0));
    // 1 - logistic, without cancellation if logistic is nearly 1.
    const realv rest = v < 0 ? REAL(1.0) - logistic : inverse * logistic;
    const realv slope = logistic * multiply_add(v, rest, (realv)(1));
    return dy * (v > FAR_OUT ? (realv)(1) : (v < -FAR_OUT ? (realv)(0) : slope));
#elif ACTIVATION == GELU
    return dy * gelu_slope(v);
#elif ACTIVATION == GELU_TANH
    return dy * gelu_tanh_slope(v);
#else
    return dy;
#endif
}

// The same for one value: the same bits.
CLNORM_INLINE real activation_gradient_one(const real dy, const real v)
{
#if ACTIVATION == NONE
    return dy;
#elif VECTOR_WIDTH == 1
    return activation_gradient(dy, v);
#else
    return activation_gradient((realv)(dy), (realv)(v)).s0;
#endif
}

#endif
