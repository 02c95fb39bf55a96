//go:build !purego

#include "textflag.h"

// The registers of rowAVX2.
#define ROW    SI  // where the row begins
#define AT     R8  // of the 64 bytes at hand, from there
#define LAST   R9  // the last place where 64 bytes can be read
#define FOUND  R10 // separators before them
#define WANTED R11
#define ENDS   DI
#define TO     R12 // where in ends to write
#define LEFT   R13 // separators to write, if greater than 0
#define SEPS   AX  // a bit for each of the 64 bytes that is a separator
#define LINES  CX  // and that is a newline
#define COUNT  DX  // of bits in seps
#define TMP    BX

// BITS sets a bit of mask for each byte of Y0 and Y1 that is the one in byte.
#define BITS(byte, mask) \
	VPCMPEQB  Y0, byte, Y2 \
	VPCMPEQB  Y1, byte, Y3 \
	VPMOVMSKB Y2, mask     \
	VPMOVMSKB Y3, TMP      \
	SHLQ      $32, TMP     \
	ORQ       TMP, mask

// END writes the place of the lowest bit of seps as an end, and clears the bit.
// If there is none, what it writes is not looked at.
#define END(offset) \
	TZCNTQ SEPS, TMP          \
	ADDQ   AT, TMP            \
	MOVL   TMP, (offset)(TO)  \
	BLSRQ  SEPS, SEPS

// func rowAVX2(p *byte, n int, separator byte, wanted int, ends *Ends) (found, size int)
TEXT ·rowAVX2(SB), NOSPLIT, $0-56
	MOVQ         p+0(FP), ROW
	MOVQ         n+8(FP), LAST
	SUBQ         $64, LAST
	VPBROADCASTB separator+16(FP), Y4
	MOVQ         $0x0a0a0a0a0a0a0a0a, TMP
	VMOVQ        TMP, X5
	VPBROADCASTB X5, Y5
	MOVQ         wanted+24(FP), WANTED
	MOVQ         ends+32(FP), ENDS
	XORL         AT, AT
	XORL         FOUND, FOUND

next:
	CMPQ    AT, LAST
	JGT     none
	VMOVDQU (ROW)(AT*1), Y0
	VMOVDQU 32(ROW)(AT*1), Y1
	BITS(Y4, SEPS)
	BITS(Y5, LINES)
	JNZ     end
	POPCNTQ SEPS, COUNT
	CMPQ    FOUND, WANTED
	JGE     written
	LEAQ    (ENDS)(FOUND*4), TO
	MOVQ    COUNT, LEFT

write:
	END(0)
	END(4)
	END(8)
	END(12)
	END(16)
	END(20)
	ADDQ $24, TO
	SUBQ $6, LEFT
	JG   write

written:
	ADDQ COUNT, FOUND
	ADDQ $64, AT
	JMP  next

end: // the first bit of lines is the end of the row
	BLSMSKQ LINES, TMP
	ANDQ    TMP, SEPS
	TZCNTQ  LINES, LINES
	POPCNTQ SEPS, COUNT
	CMPQ    FOUND, WANTED
	JGE     done
	LEAQ    (ENDS)(FOUND*4), TO
	TESTQ   SEPS, SEPS
	JZ      done

writelast:
	END(0)
	ADDQ  $4, TO
	TESTQ SEPS, SEPS
	JNZ   writelast

done:
	ADDQ COUNT, FOUND
	ADDQ AT, LINES
	MOVQ FOUND, found+40(FP)
	MOVQ LINES, size+48(FP)
	VZEROUPPER
	RET

none:
	MOVQ $0, found+40(FP)
	MOVQ $-1, size+48(FP)
	VZEROUPPER
	RET
