L0:
(W)     mov (8|M0)               r127.0<1>:ud  0x0:ud
(W)     and (1|M0)               r127.2<1>:ud  r0.0<0;1,0>:ud    0xFFFFFFC0:ud
(W)     and (1|M0)               r127.0<1>:uw  r0.4<0;1,0>:uw    0xFF:uw
(W)     add (1|M0)               r127.2<1>:ud  r127.2<0;1,0>:ud  0x40:uw              {I@2}
(W)     mad (1|M0)               r127.2<1>:ud  r127.2<0;0>:ud    r127.0<0;0>:uw    0x60:uw              {I@1}
(W)     mov (8|M0)               r4.0<1>:ud    r1.0<1;1,0>:ud
(W)     send.dc0 (8|M0)          r1       r127    null:0  0x0            0x022843FD           {A@1,$0} // wr:1h+0, rd:2; oword aligned block read x4
(W)     add (1|M0)               r127.2<1>:ud  r127.2<0;1,0>:ud  0x40:uw              {$0.src}
(W)     send.dc0 (8|M0)          r3       r127    null:0  0x0            0x021842FD           {A@1,$1} // wr:1h+0, rd:1; oword aligned block read x2
        nop
        nop
        nop
(W)     mov (8|M0)               r127.0<1>:ud  0x0:ud                              {$1.src}
(W)     and (1|M0)               r127.2<1>:ud  r0.0<0;1,0>:ud    0xFFFFFFC0:ud
(W)     send.dc0 (8|M0)          r5       r127    null:0  0x0            0x022843FD           {A@1,$2} // wr:1h+0, rd:2; oword aligned block read x4
(W)     mov (8|M0)               r2.0<1>:ud    r0.0<1;1,0>:ud                   {$0.dst}
(W)     or (1|M0)                cr0.0<1>:ud   cr0.0<0;1,0>:ud   0x4C0:uw              {A@1}
        sync.nop                             null                             {Compacted,A@1}
        sync.allwr                           ($1,$2)
(W)     mov (2|M0)               r3.2<1>:d     r5.6<1;1,0>:d                    {A@1}
(W)     mov (2|M0)               r3.0<1>:d     r5.4<1;1,0>:d
(W)     mul (1|M0)               acc0.0<1>:ud  r2.1<0;1,0>:ud    r3.4<0;1,0>:uw   {I@2}
(W)     mach (1|M0)              r8.0<1>:ud    r2.1<0;1,0>:ud    r3.2<0;1,0>:ud   {AccWrEn}
        mov (16|M0)              r11.0<1>:d    r1.0<1;1,0>:uw
(W)     mov (1|M0)               r7.0<1>:ud    acc0.0<0;1,0>:ud                 {Compacted}
(W)     mul (1|M0)               acc0.0<1>:d   r2.1<0;1,0>:ud    r3.6<0;1,0>:uw
(W)     mov (1|M0)               r3.4<1>:ud    r7.0<0;1,0>:ud                   {I@2}
(W)     mach (1|M0)              r4.0<1>:d     r2.1<0;1,0>:ud    r3.3<0;1,0>:d
(W)     addc (1|M0)              r5.0<1>:ud    r3.4<0;1,0>:ud    r3.2<0;1,0>:ud   {AccWrEn,I@2}
(W)     add (1|M0)               r3.6<1>:d     r8.0<0;1,0>:d     r4.0<0;1,0>:d    {Compacted,I@2}
(W)     mov (1|M0)               r6.0<1>:ud    acc0.0<0;1,0>:ud                 {Compacted}
(W)     cmp (16|M0)   (lt)f1.0   null<1>:d     r5.0<0;1,0>:ud    r3.0<0;1,0>:ud   {I@3}
(W)     mov (1|M0)               r3.5<1>:d     r3.6<0;1,0>:d                    {I@3}
(W)     add3 (1|M0)              r3.7<1>:ud    r6.0<0;0>:ud      r3.5<0;0>:ud      r3.3<0>:ud       {I@1}
(W&f1.0) cmp (16|M0)  (eq)f1.0   null<1>:d     r3.7<0;1,0>:d     r3.1<0;1,0>:d    {I@1}
(W&~f1.0) cmp (16|M0) (lt)f1.0   null<1>:d     r3.7<0;1,0>:ud    r3.1<0;1,0>:ud
(W&f1.0) sel (1|M0)              r4.1<1>:d     r5.0<0;1,0>:d     r3.0<0;1,0>:d
(W&f1.0) sel (1|M0)              r4.2<1>:d     r3.7<0;1,0>:d     r3.1<0;1,0>:d
(W)     subb (1|M0)              r9.0<1>:ud    r4.1<0;1,0>:ud    r3.4<0;1,0>:ud   {AccWrEn,I@2}
(W)     mov (1|M0)               r10.0<1>:ud   acc0.0<0;1,0>:ud                 {Compacted}
(W)     shr (1|M0)               r4.6<1>:d     r9.0<0;1,0>:ud    2:w               {Compacted,I@2}
(W)     add3 (1|M0)              r4.3<1>:ud    -r10.0<0;0>:ud    r4.2<0;0>:ud      -r3.5<0>:ud      {I@2}
(W)     shl (1|M0)               r4.5<1>:d     r4.3<0;1,0>:d     30:w               {I@1}
(W)     shr (1|M0)               r4.4<1>:d     r4.3<0;1,0>:ud    2:w
(W)     or (1|M0)                r4.7<1>:d     r4.6<0;1,0>:d     r4.5<0;1,0>:d    {I@2}
        cmp (16|M0)   (gt)f0.0   null<1>:d     r4.7<0;1,0>:ud    r11.0<1;1,0>:ud  {I@1}
(f0.0)  cmp (16|M0)   (eq)f0.0   null<1>:d     r4.4<0;1,0>:d     0:w
(~f0.0) cmp (16|M0)   (gt)f0.0   null<1>:d     r4.4<0;1,0>:ud    0x0:uw
(~f0.0) goto (16|M0)                         L1032                  L1032
L736:
        mov (16|M0)              r13.0<1>:f    r11.0<1;1,0>:f                   {Compacted}
        mov (16|M0)              r15.0<1>:d    0:w
L760:
        shl (16|M0)              r17.0<1>:d    r13.0<1;1,0>:d    2:w               {Compacted,F@1}
        sync.nop                             null                             {Compacted,$3.src}
        add (16|M0)              r23.0<1>:d    r3.4<0;1,0>:d     r17.0<1;1,0>:d   {Compacted,I@1}
        addc (8|M0)              r35.0<1>:ud   r13.0<1;1,0>:ud   0x100:ud              {AccWrEn,Compacted}
        shl (16|M0)              r23.0<1>:d    r23.0<1;1,0>:d    2:w               {Compacted,I@2}
        mov (8|M0)               r37.0<1>:ud   acc0.0<1;1,0>:ud                 {Compacted}
        addc (8|M8)              r36.0<1>:ud   r14.0<1;1,0>:ud   0x100:ud              {AccWrEn}
        add (16|M0)              r25.0<1>:d    r23.0<1;1,0>:d    r6.2<0;1,0>:d    {Compacted,I@3}
        mov (8|M8)               acc0.0<1>:ud  acc0.0<1;1,0>:ud
        cmp (16|M0)   (lt)f0.1   null<1>:d     r35.0<1;1,0>:ud   r4.7<0;1,0>:ud   {I@3}
        send.ugm (16|M0)         r27      r25     null:0  0x0            0x64883500           {A@3,$4} // wr:2+0, rd:8; load.ugm.d32x4.a32.ca.ca.bti[0]
        shl (16|M0)              r21.0<1>:d    r15.0<1;1,0>:d    2:w               {Compacted}
        add (8|M0)               r15.0<1>:ud   r37.0<1;1,0>:ud   r15.0<1;1,0>:ud  {Compacted}
        add (8|M8)               r16.0<1>:ud   acc0.0<1;1,0>:ud  r16.0<1;1,0>:ud
        shr (16|M0)              r19.0<1>:d    r13.0<1;1,0>:ud   30:w               {Compacted}
(f0.1)  cmp (16|M0)   (eq)f0.1   null<1>:d     r15.0<1;1,0>:d    r4.4<0;1,0>:d    {I@2}
        add (16|M0)              r23.0<1>:d    r23.0<1;1,0>:d    r6.3<0;1,0>:d    {Compacted}
(~f0.1) cmp (16|M0)   (lt)f0.1   null<1>:d     r15.0<1;1,0>:ud   r4.4<0;1,0>:ud
        sync.nop                             null                             {Compacted,$4.dst}
        send.ugm (16|M0)         null     r23     r27:8   0x1000000            0x640E3504           {A@2,$3} // wr:2+8, rd:0; store.ugm.d32x4.a32.wb.wb.bti[1]
        or (16|M0)               r21.0<1>:d    r21.0<1;1,0>:d    r19.0<1;1,0>:d   {Compacted}
(~f0.1) goto (16|M0)                         L1032                  L1032
L1008:
        mov (16|M0)              r13.0<1>:f    r35.0<1;1,0>:f                   {Compacted}
(W)     jmpi                                 L760
L1032:
        join (16|M0)                         L1048
L1048:
(W)     and (1|M0)               r5.1<1>:d     r9.0<0;1,0>:d     -4:w               {Compacted}
(W)     addc (1|M0)              r39.0<1>:ud   r3.4<0;1,0>:ud    r5.1<0;1,0>:ud   {AccWrEn,I@1}
(W)     mov (1|M0)               r40.0<1>:ud   acc0.0<0;1,0>:ud                 {Compacted}
        addc (8|M0)              r41.0<1>:ud   r39.0<0;1,0>:ud   r11.0<1;1,0>:ud  {AccWrEn,Compacted,I@2}
(W)     add3 (1|M0)              r5.2<1>:ud    r40.0<0;0>:ud     r3.5<0;0>:ud      r4.3<0>:ud       {I@2}
        mov (8|M0)               r45.0<1>:ud   acc0.0<1;1,0>:ud                 {Compacted}
        addc (8|M8)              r42.0<1>:ud   r39.0<0;1,0>:ud   r12.0<1;1,0>:ud  {AccWrEn}
        add (8|M0)               r43.0<1>:ud   r45.0<1;1,0>:ud   r5.2<0;1,0>:ud   {Compacted,I@2}
        mov (8|M8)               acc0.0<1>:ud  acc0.0<1;1,0>:ud
        cmp (16|M0)   (lt)f1.1   null<1>:d     r41.0<1;1,0>:ud   r4.1<0;1,0>:ud   {I@3}
        add (8|M8)               r44.0<1>:ud   acc0.0<1;1,0>:ud  r5.2<0;1,0>:ud
(f1.1)  cmp (16|M0)   (eq)f1.1   null<1>:d     r43.0<1;1,0>:d    r4.2<0;1,0>:d    {I@1}
(~f1.1) cmp (16|M0)   (lt)f1.1   null<1>:d     r43.0<1;1,0>:ud   r4.2<0;1,0>:ud
(~f1.1) goto (16|M0)                         L1456                  L1456
L1232:
        addc (8|M0)              r53.0<1>:ud   r41.0<1;1,0>:ud   0x100:ud              {AccWrEn,Compacted}
        shl (16|M0)              r47.0<1>:d    r41.0<1;1,0>:d    2:w               {Compacted,$5.src}
        mov (8|M0)               r55.0<1>:ud   acc0.0<1;1,0>:ud                 {Compacted}
        addc (8|M8)              r54.0<1>:ud   r42.0<1;1,0>:ud   0x100:ud              {AccWrEn}
        add (16|M0)              r49.0<1>:d    r47.0<1;1,0>:d    r6.2<0;1,0>:d    {Compacted,I@3}
        mov (8|M8)               acc0.0<1>:ud  acc0.0<1;1,0>:ud
        cmp (16|M0)   (lt)f0.0   null<1>:d     r53.0<1;1,0>:ud   r4.1<0;1,0>:ud   {I@3}
        send.ugm (16|M0)         r51      r49     null:0  0x0            0x64280500           {A@3,$6} // wr:2+0, rd:2; load.ugm.d32.a32.ca.ca.bti[0]
        add (8|M0)               r43.0<1>:ud   r55.0<1;1,0>:ud   r43.0<1;1,0>:ud  {Compacted}
        add (8|M8)               r44.0<1>:ud   acc0.0<1;1,0>:ud  r44.0<1;1,0>:ud
        add (16|M0)              r47.0<1>:d    r47.0<1;1,0>:d    r6.3<0;1,0>:d    {Compacted}
(f0.0)  cmp (16|M0)   (eq)f0.0   null<1>:d     r43.0<1;1,0>:d    r4.2<0;1,0>:d    {I@2}
(~f0.0) cmp (16|M0)   (lt)f0.0   null<1>:d     r43.0<1;1,0>:ud   r4.2<0;1,0>:ud
        sync.nop                             null                             {Compacted,$6.dst}
        send.ugm (16|M0)         null     r47     r51:2   0x1000000            0x640E0504           {A@3,$5} // wr:2+2, rd:0; store.ugm.d32.a32.wb.wb.bti[1]
(~f0.0) goto (16|M0)                         L1456                  L1456
L1432:
        mov (16|M0)              r41.0<1>:f    r53.0<1;1,0>:f                   {Compacted}
(W)     jmpi                                 L1232
L1456:
        join (16|M0)                         L1472
L1472:
(W)     mov (8|M0)               r127.0<1>:f   r2.0<1;1,0>:f                    {Compacted}
(W)     send.gtwy (8|M0)         null     r127    null:0  0x0            0x02000010           {EOT,A@1} // wr:1+0, rd:0; end of thread
