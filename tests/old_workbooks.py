"""Workbooks of Excel 97, packed: nothing that is installed writes them."""

import base64
import zlib

#: A list of interviews whose first two rows share a department, merged down.
MERGED = (
    "c-rk)O-NKx6h8O9H_ngqt7D*n3_@0>Fh3A7U}HhK2xlw<Go*5Ih)~8D3bIX>xsqTYM2a>8ZrWIF`k{#0wFs<4f*{Z$7-$vP&q95j"
    "d*;q-W^&;`Ny+<$ckVgop7Xss_vhXF-m6*9LgrrGB9vecD6pzop`yUY@UrF&H(<S{2{m6@@X`$YSFl=eAS+Dp*zwXV#!!s+B5=5?"
    "K1T`g0k1wd3(?_Z!nc9gM{Ve5q77{*8QemT6KbhdRU}W5tR{JfBA<|KC(kvKZ5X@2j=^js+SDp%@loDDbxshx4=Cpyc>+)aFT^aq"
    "lxDeD6YNc$=^y$xE9zA{OaqQvM<SU>^$#t87YA?}zG^;zrTj{L<}>^o>t}%eAH{z28vg5C1sDbGBu(&fu*0A#YB-Be%}*@jpjV^i"
    "5guUKbaoPpslLt_7IVFhBMPvC@$l*I-6~MRx5UyU`n(rjcW2Y6@Z;g0Y#M{>VwnlF!y^;1;Q30N=Al-94gp;KL4R;}OCZn^4EX~7"
    "u-`8ud!t2>!IH?pugKcs$WTdS5F>43>!3%CyXaBlpe1NWIRGxwJ+u(rxS1^9{_>_X-W54Po>AIfa+}aL(Qlx^Ws!l&PO71<!=(Yx"
    "L>aqCULn@4q}P%3VhomzT{TiUFh(&~skRaC6C%t-wioC-P#^z%=wbc%$H-39XF3)ydS~87GSGmV;sEB0-xxHrW_I(2z@tdMWb%Ra"
    "o@DKB4=)RM%eHHBr***!*huw|%vqv$m~L^|S2;^TOVKSAEmbnJHJBMOn`AsAX0vVyW{YkKW~*)qW}9T@CCpDTi_12PXkNt2iMLX>"
    "1g~AU1g}H#Dr>Y@A>IlZuM{yW#O%~9!R*p4!7Tdsll-SVcfjFQaG%unf+LO%3>YwAz<>b*1~xeu9VCH{SE@Wdi$j)Ke%D#SYt{Hn"
    "vT1P`hVgd}UrhHy63Y~flr?|0fQjX~*gA9a-wOqL@a`!XggCWhu<ZGZFIKGZ|ExRF{pXfYx%Xc!r=5TK{yzc49{pt"
)


def unpacked(text: str) -> bytes:
    """Return a workbook as it lies on a disk."""
    return zlib.decompress(base64.b85decode(text))
