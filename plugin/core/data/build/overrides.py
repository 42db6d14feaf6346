"""Our own additions to the tables: what the eye reads beyond UTS #39, and suffixes that act as registries."""


def spread(text):
    """`b ƅьҍ` lines: every character behind the first word reads as that word."""
    out = {}
    for line in text.strip().splitlines():
        word, characters = line.split()
        for c in characters:
            out[c] = word
    return out


# Letters of many scripts that pass as an ASCII letter in common fonts.
FOLD = spread("""
a аαɑᴀａ
ae æӕ
b ƅьҍвßъѣᏏ
c сҫငϲ
d ԃձԁժ
e єҽҿၔеəɘɛэ℮ε
f ғӻƒք
g ԍဌցɡգ
h һհнћңҥӈӊԋԧԩհի
i іıɩιỉւ
j јϳ၂յ
k ĸкκкқҝҟҡӄԟκ
l ӏլןוװ׀丨乚ⅼ
m мӎო
n ŋпԥกηռոח
o оοօο०০੦૦ଠ୦೦စσס០๐໐〇ロ口囗ㅇθΟσ○◯øðଠဝ၀౦ഠ൦௦ഠட
p рρϼҏþƿթ尸
q ԛ৭੧૧գԛգզ
r гґրʀｒя尺
s ѕടรຣຮʂꜱ丂
t тτŧҭԏ七丅丆丁十ㄒ亠Ꭲ卜
u υսบບцㄩυυմ凵
v νѵט
w ԝωшщพฟພຟѡա山ωώ
x хχҳӽӿ乂ㄨ㐅
y уγұ丫үㄚყվ
z ᴢʐ乙
i 工エ讠ㆺㆳ
l ㄧ亅ㄟ
c ㄈ匚
n 几
m 从
d 刀
f 下
g 厶
h 卄
j 长
- ー一ｰ―⸺⸻乛二‐‑‒–—−゠﹘﹣－ㆲ
/ ノ丶乀乁丿ン
l ł
d đ
h ħ
o ø
o ð
i ו
v ע
e ەহ
z Ꮓ
""")
FOLD.update({"œ": "oe", "Œ": "oe", "ß": "b", "ẞ": "b", "þ": "p", "Þ": "p", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d",
             "ð": "o", "Ð": "d", "ø": "o", "Ø": "o", "ħ": "h", "·": ".", "・": ".", "。": ".", "．": ".", "｡": ".",
             "／": "/", "ﾉ": "/", "ﾝ": "/", "ﾛ": "o", "ｴ": "i", "ⅰ": "i"})

# Digits of other scripts that pass as another digit than their value; also used by the digit rule.
FOLD.update(spread("""
2 २২੨૨೩೭շ
3 зҙӡउও੩૩౩ဒვპੜკਤ
4 ੫丩ㄐ
6 ճ
8 ৪੪୫
9 ૭୨౨
"""))

# Names below which anybody can register, beyond the ICANN part of the public suffix list.
REGISTRIES = """
com.de com.se co.com uk.com us.com eu.com de.com jpn.com br.com cn.com gb.net uk.net se.net jp.net hu.net in.net
ru.com sa.com za.com gr.com co.nl co.no za.bz us.org ae.org kr.com qc.com no.com hu.com uy.com ar.com mex.com
""".split()
