//go:build !purego

#include "textflag.h"

#define WORDS(name, low, high) \
	DATA name<>+0(SB)/8, low   \
	DATA name<>+8(SB)/8, high  \
	GLOBL name<>(SB), RODATA|NOPTR, $16

WORDS(dots, $0x2e2e2e2e2e2e2e2e, $0x2e2e2e2e2e2e2e2e)
WORDS(zeros, $0x3030303030303030, $0x3030303030303030)
WORDS(nines, $0x0909090909090909, $0x0909090909090909)
WORDS(weights, $0x00010a6400010a64, $0x00010a6400010a64) // 100, 10 and 1
WORDS(ones, $0x0001000100010001, $0x0001000100010001)
WORDS(most, $0x00ff00ff00ff00ff, $0x00ff00ff00ff00ff)

// func readAVX(wide *[16]byte, size int, forms *[256]ipv4Form) (addr uint32, ok bool)
TEXT ·readAVX(SB), NOSPLIT, $0-29
	MOVQ wide+0(FP), SI
	MOVQ size+8(FP), CX
	MOVQ forms+16(FP), DI

	// The form: where the dots before size are, and size.
	VMOVDQU   (SI), X0
	VPCMPEQB  dots<>(SB), X0, X1
	VPMOVMSKB X1, AX
	MOVL      $1, DX
	SHLL      CX, DX
	LEAL      -1(DX), BX
	ANDL      BX, AX
	ORL       DX, AX
	IMUL3L    $0xb72bb881, AX, BX // formFactor
	SHRL      $24, BX
	SHLL      $5, BX
	ADDQ      BX, DI
	CMPL      AX, 20(DI) // ends
	JNE       bad

	// Words, then bytes, of the four numbers; what is too large in X1, X2 and X3.
	VPXOR      zeros<>(SB), X0, X0
	VPSHUFB    (DI), X0, X0 // digits
	VPSUBUSB   nines<>(SB), X0, X1
	VPMADDUBSW weights<>(SB), X0, X0
	VPMADDWD   ones<>(SB), X0, X0
	VPACKUSDW  X0, X0, X0
	VPSUBUSW   most<>(SB), X0, X2
	VPACKUSWB  X0, X0, X0
	VMOVD      16(DI), X3 // least
	VPSUBUSB   X0, X3, X3
	VPOR       X1, X2, X1
	VPOR       X3, X1, X1
	VPTEST     X1, X1
	JNZ        bad
	VMOVD      X0, AX
	MOVL       AX, addr+24(FP)
	MOVB       $1, ok+28(FP)
	RET

bad:
	MOVL $0, addr+24(FP)
	MOVB $0, ok+28(FP)
	RET
