L0:
(W)     mov (8|M0)               r2.0<1>:ud    r0.0<1;1,0>:ud
(W)     or (1|M0)                cr0.0<1>:ud   cr0.0<0;1,0>:ud   0x4C0:uw              {@1}
(W)     mov (2|M0)               r3.2<1>:f     r5.6<2;2,1>:f                    {@1}
(W)     mov (2|M0)               r3.0<1>:f     r5.4<2;2,1>:f                    {Compacted}
(W)     mul (1|M0)               acc0.0<1>:ud  r2.1<0;1,0>:ud    r3.4<0;1,0>:uw   {@2}
(W)     mach (1|M0)              r8.0<1>:ud    r2.1<0;1,0>:ud    r3.2<0;1,0>:ud   {AccWrEn}
        mov (16|M0)              r11.0<1>:d    r1.0<16;16,1>:uw
(W)     mov (1|M0)               r7.0<1>:ud    acc0.0<0;1,0>:ud                 {Compacted}
(W)     mul (1|M0)               acc0.0<1>:d   r2.1<0;1,0>:ud    r3.6<0;1,0>:uw
(W)     mach (1|M0)              r4.0<1>:d     r2.1<0;1,0>:ud    r3.3<0;1,0>:d
(W)     mov (1|M0)               r3.4<1>:f     r7.0<0;1,0>:f                    {Compacted,@3}
(W)     add (1|M0)               r3.6<1>:d     r8.0<0;1,0>:d     r4.0<0;1,0>:d    {Compacted,@2}
(W)     addc (1|M0)              r5.0<1>:ud    r3.4<0;1,0>:ud    r3.2<0;1,0>:ud   {AccWrEn,@2}
(W)     mov (1|M0)               r3.5<1>:f     r3.6<0;1,0>:f                    {@2}
(W)     mov (1|M0)               r6.0<1>:ud    acc0.0<0;1,0>:ud                 {Compacted}
(W)     cmp (16|M0)   (lt)f1.0   null<1>:d     r5.0<0;1,0>:ud    r3.0<0;1,0>:ud   {@3}
(W)     add (1|M0)               r3.7<1>:ud    r3.5<0;1,0>:ud    r3.3<0;1,0>:ud   {@3}
(W)     add (1|M0)               r3.7<1>:ud    r6.0<0;1,0>:ud    r3.7<0;1,0>:ud   {@1}
(W&f1.0) cmp (16|M0)  (eq)f1.0   null<1>:d     r3.7<0;1,0>:d     r3.1<0;1,0>:d    {@1}
(W&~f1.0) cmp (16|M0) (lt)f1.0   null<1>:d     r3.7<0;1,0>:ud    r3.1<0;1,0>:ud
(W&f1.0) sel (1|M0)              r4.1<1>:d     r5.0<0;1,0>:d     r3.0<0;1,0>:d
(W&f1.0) sel (1|M0)              r4.2<1>:d     r3.7<0;1,0>:d     r3.1<0;1,0>:d
(W)     subb (1|M0)              r9.0<1>:ud    r4.1<0;1,0>:ud    r3.4<0;1,0>:ud   {AccWrEn,@2}
(W)     add (1|M0)               r4.3<1>:ud    r4.2<0;1,0>:ud    -r3.5<0;1,0>:ud  {@2}
(W)     mov (1|M0)               r10.0<1>:ud   acc0.0<0;1,0>:ud                 {Compacted}
(W)     shr (1|M0)               r4.6<1>:d     r9.0<0;1,0>:ud    2:w               {Compacted,@3}
(W)     add (1|M0)               r4.3<1>:ud    -r10.0<0;1,0>:ud  r4.3<0;1,0>:ud   {@2}
(W)     shl (1|M0)               r4.5<1>:d     r4.3<0;1,0>:d     30:w               {@1}
(W)     shr (1|M0)               r4.4<1>:d     r4.3<0;1,0>:ud    2:w
(W)     or (1|M0)                r4.7<1>:d     r4.6<0;1,0>:d     r4.5<0;1,0>:d    {@2}
        cmp (16|M0)   (gt)f0.0   null<1>:d     r4.7<0;1,0>:ud    r11.0<8;8,1>:ud  {@1}
(f0.0)  cmp (16|M0)   (eq)f0.0   null<1>:d     r4.4<0;1,0>:d     0:w               {@3}
(~f0.0) cmp (16|M0)   (gt)f0.0   null<1>:d     r4.4<0;1,0>:ud    0x0:uw
(W)     csel (4|M0)   (eq)f0.0   r0.0<1>:w     r0.0<4;1>:w       r0.0<4;1>:w       r0.0<1>:w
(f0.0)  if (16|M0)                           L792                  L792
L504:
        mov (16|M0)              r13.0<1>:f    r11.0<8;8,1>:f                   {Compacted}
        mov (16|M0)              r15.0<1>:f    0.0:f                               {Compacted}
L520:
        shl (16|M0)              r17.0<1>:d    r13.0<8;8,1>:d    2:w               {Compacted,@2}
        addc (8|M0)              r35.0<1>:ud   r13.0<8;8,1>:ud   0x100:ud              {AccWrEn,Compacted}
        sync.nop                             null                             {Compacted,$0.src}
        add (16|M0)              r23.0<1>:d    r3.4<0;1,0>:d     r17.0<8;8,1>:d   {Compacted,@2}
        mov (8|M0)               r37.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        shl (16|M0)              r23.0<1>:d    r23.0<8;8,1>:d    2:w               {Compacted,@2}
        addc (8|M8)              r36.0<1>:ud   r14.0<8;8,1>:ud   0x100:ud              {AccWrEn}
        add (16|M0)              r25.0<1>:d    r23.0<8;8,1>:d    r6.2<0;1,0>:d    {Compacted,@2}
        mov (8|M8)               r38.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        send.dc1 (16|M0)         r27      r25     null    0x0            0x04805000           {@2,$1} // wr:2+0, rd:8; untyped surface read with xyzw
        cmp (16|M0)   (lt)f0.1   null<1>:d     r35.0<8;8,1>:ud   r4.7<0;1,0>:ud   {@3}
        shl (16|M0)              r21.0<1>:d    r15.0<8;8,1>:d    2:w               {Compacted,@7}
        add (8|M0)               r15.0<1>:ud   r37.0<8;8,1>:ud   r15.0<8;8,1>:ud  {Compacted,@7}
        add (8|M8)               r16.0<1>:ud   r38.0<8;8,1>:ud   r16.0<8;8,1>:ud  {Compacted,@4}
        shr (16|M0)              r19.0<1>:d    r13.0<8;8,1>:ud   30:w               {Compacted}
(f0.1)  cmp (16|M0)   (eq)f0.1   null<1>:d     r15.0<8;8,1>:d    r4.4<0;1,0>:d    {@2}
        add (16|M0)              r23.0<1>:d    r23.0<8;8,1>:d    r6.3<0;1,0>:d    {Compacted}
(~f0.1) cmp (16|M0)   (lt)f0.1   null<1>:d     r15.0<8;8,1>:ud   r4.4<0;1,0>:ud
        or (16|M0)               r21.0<1>:d    r21.0<8;8,1>:d    r19.0<8;8,1>:d   {Compacted,@4}
        sync.nop                             null                             {Compacted,$1.dst}
        send.dc1 (16|M0)         null     r23     r27     0x200            0x04025001           {@3,$0} // wr:2+8, rd:0; untyped surface write with xyzw
(W)     csel (4|M0)   (eq)f0.0   r0.0<1>:w     r0.0<4;1>:w       r0.0<4;1>:w       r0.0<1>:w
(~f0.1) break (16|M0)                        L776                  L776
L768:
        mov (16|M0)              r13.0<1>:f    r35.0<8;8,1>:f                   {Compacted}
L776:
        while (16|M0)                        L520
L792:
        endif (16|M0)                        L808
L808:
(W)     and (1|M0)               r5.1<1>:d     r9.0<0;1,0>:d     -4:w               {Compacted}
(W)     add (1|M0)               r5.2<1>:ud    r3.5<0;1,0>:ud    r4.3<0;1,0>:ud
(W)     addc (1|M0)              r39.0<1>:ud   r3.4<0;1,0>:ud    r5.1<0;1,0>:ud   {AccWrEn,@2}
(W)     mov (1|M0)               r40.0<1>:ud   acc0.0<0;1,0>:ud                 {Compacted}
        addc (8|M0)              r41.0<1>:ud   r39.0<0;1,0>:ud   r11.0<8;8,1>:ud  {AccWrEn,Compacted,@2}
(W)     add (1|M0)               r5.2<1>:ud    r40.0<0;1,0>:ud   r5.2<0;1,0>:ud   {@2}
        mov (8|M0)               r45.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        addc (8|M8)              r42.0<1>:ud   r39.0<0;1,0>:ud   r12.0<8;8,1>:ud  {AccWrEn}
        add (8|M0)               r43.0<1>:ud   r45.0<8;8,1>:ud   r5.2<0;1,0>:ud   {Compacted,@2}
        mov (8|M8)               r46.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        cmp (16|M0)   (lt)f1.1   null<1>:d     r41.0<8;8,1>:ud   r4.1<0;1,0>:ud   {@3}
        add (8|M8)               r44.0<1>:ud   r46.0<8;8,1>:ud   r5.2<0;1,0>:ud   {Compacted,@2}
(f1.1)  cmp (16|M0)   (eq)f1.1   null<1>:d     r43.0<8;8,1>:d    r4.2<0;1,0>:d    {@1}
(~f1.1) cmp (16|M0)   (lt)f1.1   null<1>:d     r43.0<8;8,1>:ud   r4.2<0;1,0>:ud
(W)     csel (4|M0)   (eq)f0.0   r0.0<1>:w     r0.0<4;1>:w       r0.0<4;1>:w       r0.0<1>:w
(f1.1)  if (16|M0)                           L1232                  L1232
L1008:
        shl (16|M0)              r47.0<1>:d    r41.0<8;8,1>:d    2:w               {Compacted,$2.src}
        addc (8|M0)              r53.0<1>:ud   r41.0<8;8,1>:ud   0x100:ud              {AccWrEn,Compacted}
        add (16|M0)              r49.0<1>:d    r47.0<8;8,1>:d    r6.2<0;1,0>:d    {Compacted,@2}
        mov (8|M0)               r55.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        send.dc1 (16|M0)         r51      r49     null    0x0            0x04205E00           {@2,$3} // wr:2+0, rd:2; untyped surface read with x
        addc (8|M8)              r54.0<1>:ud   r42.0<8;8,1>:ud   0x100:ud              {AccWrEn}
        add (8|M0)               r43.0<1>:ud   r55.0<8;8,1>:ud   r43.0<8;8,1>:ud  {Compacted,@2}
        mov (8|M8)               r56.0<1>:ud   acc0.0<8;8,1>:ud                 {Compacted}
        cmp (16|M0)   (lt)f0.0   null<1>:d     r53.0<8;8,1>:ud   r4.1<0;1,0>:ud   {@3}
        add (8|M8)               r44.0<1>:ud   r56.0<8;8,1>:ud   r44.0<8;8,1>:ud  {Compacted,@2}
        add (16|M0)              r47.0<1>:d    r47.0<8;8,1>:d    r6.3<0;1,0>:d    {Compacted}
(f0.0)  cmp (16|M0)   (eq)f0.0   null<1>:d     r43.0<8;8,1>:d    r4.2<0;1,0>:d    {@2}
(~f0.0) cmp (16|M0)   (lt)f0.0   null<1>:d     r43.0<8;8,1>:ud   r4.2<0;1,0>:ud
        sync.nop                             null                             {Compacted,$3.dst}
        send.dc1 (16|M0)         null     r47     r51     0x80            0x04025E01           {@3,$2} // wr:2+2, rd:0; untyped surface write with x
(W)     csel (4|M0)   (eq)f0.0   r0.0<1>:w     r0.0<4;1>:w       r0.0<4;1>:w       r0.0<1>:w
(~f0.0) break (16|M0)                        L1216                  L1216
L1208:
        mov (16|M0)              r41.0<1>:f    r53.0<8;8,1>:f                   {Compacted}
L1216:
        while (16|M0)                        L1008
L1232:
        endif (16|M0)                        L1248
L1248:
(W)     mov (8|M0)               r127.0<1>:f   r2.0<8;8,1>:f                    {Compacted}
(W)     send.dc0 (8|M0)          r57      r2      null    0x0            0x0219E000           {$4} // wr:1h+0, rd:1; synchronized global fence flushing
(W)     mov (8|M0)               null<1>:ud    r57.0<8;8,1>:ud                  {$4.dst}
(W)     send.ts (8|M0)           null     r127    null    0x0            0x02000010           {EOT,@1} // wr:1+0, rd:0; end of thread
